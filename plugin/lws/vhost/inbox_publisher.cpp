#include "lws/vhost/inbox_publisher.h"

#include "lws/clock.h"
#include "lws/guard.h"

namespace lws_chat {
namespace {

// Time until a message is tried again that failed for want of memory.
constexpr Time kTryAgain = 100 * LWS_US_PER_MS;

}  // namespace

InboxPublisher::InboxPublisher(lws_context* context, Inbox& inbox, Hub& hub, size_t portion, const char* vhost_name)
    : context_(context),
      inbox_(inbox),
      hub_(hub),
      portion_(portion),
      vhost_name_(vhost_name),
      again_(context, "publish", [this] { publish(); }) {}

void InboxPublisher::publish() {
  if (!guarded("publish", [this] { publish_portion(); })) again_.set(kTryAgain);
}

void InboxPublisher::publish_portion() {
  bool more = false;
  taken_.splice(taken_.end(), inbox_.take(portion_, more));
  for (; !taken_.empty(); taken_.pop_front()) {
    const Inbox::Item& item = taken_.front();
    Message message{item.payload, item.format, {}, {}, false, unix_ms()};
    hub_.publish(kServerGrant, {item.room, message}, now()).then(lifetime_, [this](const Published& published) {
      note_end(published);
    });
  }
  if (more) lws_cancel_service(context_);
}

// The code that published the message has its answer already. So a refusal is only logged.
void InboxPublisher::note_end(const Published& published) {
  if (published.status == Status::kOk) return;
  if (logged_ != 0 && now() - logged_ < LWS_US_PER_SEC) return;
  logged_ = now();
  lwsl_warn("lws-chat: vhost %s: dropped a message published in this process: %s\n", vhost_name_,
            std::string(describe(published.status).text).c_str());
}

}  // namespace lws_chat
