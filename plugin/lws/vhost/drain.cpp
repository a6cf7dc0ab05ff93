#include "lws/vhost/drain.h"

#include "lws/connection.h"
#include "lws/guard.h"
#include "lws/vhost/connection_list.h"

namespace lws_chat {
namespace {

// Time between two steps, when the clients do not all go at once.
constexpr Time kStep = 100 * LWS_US_PER_MS;

}  // namespace

Drain::Drain(lws_context* context, ConnectionList& connections, Time duration)
    : connections_(connections), duration_(duration), timer_(context, "drain", [this] { drain_some(); }) {}

void Drain::begin() {
  if (begun_) return;
  begun_ = true;
  connections_.begin_walk();
  steps_left_ = static_cast<size_t>(duration_ / kStep);
  drain_some();
}

// Each step drains the same share of the connections. The last one begins anew and drains all, those that came
// meanwhile too: to drain a connection twice changes nothing.
void Drain::drain_some() {
  Status why = duration_ > 0 ? Status::kRestarting : Status::kGoingAway;
  size_t count = connections_.size() / (steps_left_ + 1) + 1;
  if (steps_left_ == 0) {
    connections_.begin_walk();
    count = connections_.size();
  }
  for (; count > 0; --count) {
    Connection* connection = connections_.step();
    if (!connection) break;
    if (!guarded("drain", [&] { connection->drain(why); })) connection->drop(why);
  }
  if (steps_left_ == 0) return;
  --steps_left_;
  timer_.set(kStep);
}

}  // namespace lws_chat
