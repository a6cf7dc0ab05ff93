#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/deferred.h"
#include "core/ending.h"

// The seam between nodes for tokens that back ends have revoked. Each node knows all of them. Times are Unix seconds.
namespace lws_chat {

// A token that is not valid any more, or all those of a user that were issued before a time.
struct Revocation {
  bool of_user = false;
  std::string key;            // the user; or the token's id
  int64_t until = 0;          // until when it counts
  int64_t issued_before = 0;  // of a user
};

class SharedRevocations {
 public:
  // What this node knows.
  class Reader {
   public:
    // Nodes share this one. Returns false if this node knows a larger one: one that counts for longer, or for tokens
    // that were issued later.
    virtual bool learn(const Revocation& revocation) = 0;

    virtual void each(const std::function<void(const Revocation&)>& take) const = 0;

   protected:
    ~Reader() = default;
  };

  virtual ~SharedRevocations() = default;

  // Called once, before anything else.
  virtual void attach(Reader& reader) = 0;

  // Returns true if this node has learnt what was revoked before it came. Later ones come as they are made, and are
  // read again when that may have failed.
  virtual bool complete() const = 0;

  // Answers kOk when that is so, or kUnavailable if it takes too long.
  virtual Deferred<Status> when_complete() = 0;

  enum class Kept : uint8_t {
    kKept,
    kFull,  // nodes share too many
    kUnavailable
  };

  // Shares a revocation, which the reader knows already.
  virtual Deferred<Kept> keep(const Revocation& revocation) = 0;
};

}  // namespace lws_chat
