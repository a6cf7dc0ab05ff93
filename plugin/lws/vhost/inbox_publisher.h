#pragma once

#include <libwebsockets.h>

#include <list>
#include <string>

#include "core/deferred.h"
#include "core/hub.h"
#include "lws/timer.h"
#include "lws/vhost/inbox.h"

namespace lws_chat {

// Publishes the messages of an inbox on the thread that serves lws.
class InboxPublisher {
 public:
  // `portion` limits the bytes of one turn of the loop. `vhost_name` is for the log and has to stay.
  InboxPublisher(lws_context* context, Inbox& inbox, Hub& hub, size_t portion, const char* vhost_name);

  // Publishes a portion, and asks lws for another turn if there is more: in between, lws reads and writes. Does not
  // fail: the publishers were told that their messages will be published. So a message that fails for want of memory is
  // tried again.
  void publish();

 private:
  void publish_portion();
  void note_end(const Published& published);

  lws_context* context_;
  Inbox& inbox_;
  Hub& hub_;
  size_t portion_;
  const char* vhost_name_;
  std::list<Inbox::Item> taken_;  // items that were taken from the inbox and are not published yet
  Time logged_ = 0;
  Timer again_;
  Lifetime lifetime_;
};

}  // namespace lws_chat
