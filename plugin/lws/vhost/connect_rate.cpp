#include "lws/vhost/connect_rate.h"

namespace lws_chat {

bool ConnectRate::admit(Origin address, Time now) {
  if (per_second_ == 0) return true;
  if (now - since_ >= 1'000'000) {
    count_.clear();
    since_ = now;
  }
  return ++count_[address] <= per_second_;
}

}  // namespace lws_chat
