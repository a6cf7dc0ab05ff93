#pragma once

namespace lws_chat {

// Returns true if a connection that was just accepted on this descriptor can be kept. When the process is about to run
// out of descriptors it cannot: lws would repeat accept() in a busy loop and log each time. Logs once when that begins
// and once when it is over.
bool descriptor_affordable(int fd);

}  // namespace lws_chat
