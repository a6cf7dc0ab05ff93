#pragma once

#include <algorithm>
#include <cstddef>

namespace lws_chat {

// Bytes of one purpose that count towards max-memory, up to a limit of their own.
class MemoryAccount {
 public:
  explicit MemoryAccount(size_t limit) : limit_(limit) {}
  MemoryAccount(const MemoryAccount&) = delete;
  MemoryAccount& operator=(const MemoryAccount&) = delete;

  size_t used() const { return used_; }
  size_t left() const { return limit_ - std::min(used_, limit_); }

  // Bytes of one holder. set() may exceed the limit, for bytes that are held already.
  class Charge {
   public:
    explicit Charge(MemoryAccount& account) : account_(account) {}
    ~Charge() { set(0); }
    Charge(const Charge&) = delete;
    Charge& operator=(const Charge&) = delete;

    // Returns true if the limit allows so many bytes.
    bool may_be(size_t bytes) const { return bytes <= bytes_ || bytes - bytes_ <= account_.left(); }

    // Does not touch the account if nothing changes: the account may be gone before a holder that holds nothing.
    void set(size_t bytes) {
      if (bytes == bytes_) return;
      account_.used_ += bytes - bytes_;
      bytes_ = bytes;
    }
    size_t bytes() const { return bytes_; }

   private:
    MemoryAccount& account_;
    size_t bytes_ = 0;
  };

 private:
  size_t limit_;
  size_t used_ = 0;
};

}  // namespace lws_chat
