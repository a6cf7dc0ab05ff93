#include "lws/vhost/peer_watch.h"

#include <algorithm>

#include "lws/clock.h"
#include "lws/connection.h"
#include "lws/guard.h"

namespace lws_chat {
namespace {

// Time between two looks at a connection that never says anything.
constexpr Time kLookAtReaders = 2 * LWS_US_PER_SEC;

// Connections that are due within this time are looked at together: a timer for each moment costs more than the look.
// (On libuv lws 4.1 also spins for the last half of a millisecond before each timer.)
constexpr Time kTogether = 100 * LWS_US_PER_MS;

}  // namespace

PeerWatch::PeerWatch(lws_context* context, const Options& options)
    : alive_(options.ping_interval, options.pong_timeout),
      awaited_(options.pong_timeout, 0),
      readers_(kLookAtReaders, 0),
      timer_(context, "ping", [this] { check(); }) {}

Liveness& PeerWatch::list_of(const Connection& connection) {
  switch (connection.watch_) {
    case Connection::Watch::kAwait: return awaited_;
    case Connection::Watch::kReader: return readers_;
    default: return alive_;
  }
}

void PeerWatch::put(Connection& connection, Liveness& list) {
  list.heard(connection, now());
  if (due_ < 0 || due_ > list.due()) schedule();
}

void PeerWatch::heard(Connection& connection) {
  stop(connection);
  put(connection, alive_);
}

void PeerWatch::await(Connection& connection) {
  connection.watch_ = Connection::Watch::kAwait;
  put(connection, awaited_);
}

void PeerWatch::look_after(Connection& connection) {
  connection.watch_ = Connection::Watch::kReader;
  put(connection, readers_);
}

void PeerWatch::stop(Connection& connection) {
  list_of(connection).remove(connection);
  connection.watch_ = Connection::Watch::kLife;
}

void PeerWatch::schedule() {
  due_ = -1;
  for (const Liveness* list : {&alive_, &awaited_, &readers_}) {
    Time due = list->due();
    if (due >= 0 && (due_ < 0 || due < due_)) due_ = due;
  }
  if (due_ < 0) return;
  timer_.set(std::max<Time>(0, due_ - now()) + kTogether);
}

void PeerWatch::check() {
  Time at = now();
  auto each_silent = [at](Liveness& list, auto&& act) {
    while (Liveness::Peer* peer = list.next_silent(at)) {
      auto& connection = *static_cast<Connection*>(peer);
      if (!guarded("ping", [&] { act(connection); })) connection.drop(Status::kInternalError);
    }
  };
  each_silent(alive_, [](Connection& connection) { connection.ping(); });
  each_silent(awaited_, [](Connection& connection) { connection.close({Status::kStale}); });
  each_silent(readers_, [](Connection& connection) { connection.ping(); });
  while (Liveness::Peer* peer = alive_.next_gone(at)) {
    auto& connection = *static_cast<Connection*>(peer);
    if (!guarded("pong", [&] { connection.unanswered(); })) connection.drop(Status::kInternalError);
  }
  schedule();
}

}  // namespace lws_chat
