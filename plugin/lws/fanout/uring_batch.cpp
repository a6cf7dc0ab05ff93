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

// send(2) on a stream gives none of these: the kernel is too old, or a sandbox forbids to send through io_uring.
bool UringBatch::cannot_send(int result) { return result == -EINVAL || result == -EOPNOTSUPP || result == -EACCES; }

void UringBatch::prepare() {
  for (size_t i = 0; i < entries_.size(); ++i) {
    io_uring_sqe* sqe = io_uring_get_sqe(ring_.get());
    Entry& entry = entries_[i];
    io_uring_prep_send(sqe, entry.fd, entry.bytes.data(), entry.bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    io_uring_sqe_set_data64(sqe, i);
    entry.result = kUnknown;
  }
}

// Takes the results that are there. Returns their number.
size_t UringBatch::reap() {
  unsigned head;
  unsigned seen = 0;
  io_uring_cqe* cqe;
  io_uring_for_each_cqe(ring_.get(), head, cqe) {
    int& result = entries_[io_uring_cqe_get_data64(cqe)].result;
    bool useless = cannot_send(cqe->res);
    result = useless ? -EAGAIN : cqe->res;
    works_ = works_ && !useless;
    ++seen;
  }
  io_uring_cq_advance(ring_.get(), seen);
  return seen;
}

// The kernel may take only a part at once: it stops at an entry that it cannot read.
bool UringBatch::submit() {
  prepare();
  size_t submitted = 0;
  size_t completed = 0;
  while (completed < entries_.size()) {
    int n = io_uring_submit_and_wait(ring_.get(), static_cast<unsigned>(entries_.size() - completed));
    submitted += n > 0 ? static_cast<size_t>(n) : 0;
    size_t seen = reap();
    completed += seen;
    bool stuck = n == 0 && seen == 0 && submitted < entries_.size();
    if (!stuck && (n >= 0 || n == -EINTR)) continue;
    // The ring has not seen the rest, so it is not sent for now.
    for (size_t i = submitted; i < entries_.size(); ++i) entries_[i].result = -EAGAIN;
    works_ = false;
    break;
  }
  return works_;
}

#else

std::unique_ptr<UringBatch> UringBatch::make() { return nullptr; }
UringBatch::~UringBatch() = default;
bool UringBatch::submit() {
  for (Entry& entry : entries_) entry.result = -EAGAIN;
  works_ = false;
  return works_;
}

#endif

}  // namespace lws_chat
