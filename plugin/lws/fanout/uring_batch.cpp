#include "lws/fanout/uring_batch.h"

#include <cerrno>

#if defined(LWS_CHAT_WITH_URING)
#include <liburing.h>
#include <sys/socket.h>
#else
struct io_uring {};
#endif

namespace lws_chat {

// The system gives pages of the room when they are used.
UringBatch::UringBatch(std::unique_ptr<io_uring> ring) : ring_(std::move(ring)), room_(new char[kRoom]) {
  entries_.reserve(kCapacity);
  done_.reserve(kCapacity);
}

void UringBatch::add(Sender& sender, int fd, std::string_view bytes) {
  entries_.push_back(Entry{&sender, bytes, fd, 0});
}

void UringBatch::add_made(Sender& sender, int fd, size_t size) {
  add(sender, fd, {room(), size});
  made_ += size;
}

bool UringBatch::complete() {
  if (entries_.empty()) return true;
  bool works = submit();
  done_.swap(entries_);
  for (const Entry& entry : done_) entry.sender->batch_sent(entry.bytes, entry.result);
  done_.clear();
  made_ = 0;
  return works;
}

#if defined(LWS_CHAT_WITH_URING)

std::unique_ptr<UringBatch> UringBatch::make() {
  auto ring = std::make_unique<io_uring>();
  if (io_uring_queue_init(kCapacity, ring.get(), 0) != 0) return nullptr;
  return std::unique_ptr<UringBatch>(new UringBatch(std::move(ring)));
}

UringBatch::~UringBatch() { io_uring_queue_exit(ring_.get()); }

bool UringBatch::submit() {
  for (size_t i = 0; i < entries_.size(); ++i) {
    io_uring_sqe* sqe = io_uring_get_sqe(ring_.get());
    Entry& entry = entries_[i];
    io_uring_prep_send(sqe, entry.fd, entry.bytes.data(), entry.bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    io_uring_sqe_set_data64(sqe, i);
    entry.result = -EIO;
  }
  size_t submitted = 0;
  size_t completed = 0;
  // If the ring fails, what it has taken may have been sent or not: those connections are over. The rest counts as not
  // sent for now.
  auto fail = [&] {
    for (size_t i = submitted; i < entries_.size(); ++i) entries_[i].result = -EAGAIN;
    return false;
  };
  while (completed < entries_.size()) {
    int n = io_uring_submit_and_wait(ring_.get(), static_cast<unsigned>(entries_.size() - completed));
    if (n < 0 && n != -EINTR) return fail();
    submitted += n > 0 ? static_cast<size_t>(n) : 0;
    unsigned head;
    unsigned seen = 0;
    io_uring_cqe* cqe;
    io_uring_for_each_cqe(ring_.get(), head, cqe) {
      entries_[io_uring_cqe_get_data64(cqe)].result = cqe->res;
      ++seen;
    }
    io_uring_cq_advance(ring_.get(), seen);
    completed += seen;
    if (submitted < entries_.size() && n == 0 && seen == 0) return fail();
  }
  return true;
}

#else

std::unique_ptr<UringBatch> UringBatch::make() { return nullptr; }
UringBatch::~UringBatch() = default;
bool UringBatch::submit() {
  for (Entry& entry : entries_) entry.result = -EAGAIN;
  return false;
}

#endif

}  // namespace lws_chat
