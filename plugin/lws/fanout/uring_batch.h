#pragma once

#include <cerrno>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

struct io_uring;

namespace lws_chat {

// Sends to many sockets with one system call, through io_uring. Only for sockets for which lws buffers nothing: nothing
// may stand between the bytes and the kernel.
class UringBatch {
 public:
  class Sender {
   public:
    // `sent` is the result of send(2): the number of bytes that have left or will leave, or -errno if none has. It is
    // kUnknown if the ring failed before it told. May not throw.
    virtual void batch_sent(std::string_view bytes, int sent) = 0;

   protected:
    ~Sender() = default;
  };

  static constexpr size_t kCapacity = 1024;

  // The ring took the bytes, but does not tell how many of them have left.
  static constexpr int kUnknown = -EIO;

  // Bytes of the batch's own memory. Records for one flush of 1000 readers fit, and so do they into a core's cache.
  static constexpr size_t kRoom = size_t{256} * 1024;

  // Returns nullptr if io_uring was not built in, does not exist or is forbidden, as in many containers.
  static std::unique_ptr<UringBatch> make();
  ~UringBatch();
  UringBatch(const UringBatch&) = delete;
  UringBatch& operator=(const UringBatch&) = delete;

  bool full() const { return entries_.size() == kCapacity; }

  // Memory for bytes that are made for the batch. What add_made() took stays until complete(), when all of it is free
  // again.
  char* room() { return room_.get() + made_; }
  size_t room_left() const { return kRoom - made_; }

  // The bytes have to stay where they are until complete(). Precondition: !full(), and the batch holds nothing of this
  // sender.
  void add(Sender& sender, int fd, std::string_view bytes);

  // The same for the first bytes of room().
  void add_made(Sender& sender, int fd, size_t size);

  // Sends everything and tells every sender. Returns false if io_uring has stopped working: senders were told what was
  // not sent, and the batch must not be used again.
  [[nodiscard]] bool complete();

 private:
  struct Entry {
    Sender* sender;
    std::string_view bytes;
    int fd;
    int result;
  };

  explicit UringBatch(std::unique_ptr<io_uring> ring);
  static bool cannot_send(int result);
  void prepare();
  size_t reap();
  bool submit();

  std::unique_ptr<io_uring> ring_;
  std::vector<Entry> entries_;
  std::vector<Entry> done_;  // the entries being told; a member to keep its memory
  std::unique_ptr<char[]> room_;
  size_t made_ = 0;  // bytes of room_ that are in use
  bool works_ = true;
};

}  // namespace lws_chat
