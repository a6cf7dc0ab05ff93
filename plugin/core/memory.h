#pragma once

#include <cstddef>
#include <cstdint>

#include "core/log/block_pool.h"
#include "core/memory_account.h"

namespace lws_chat {

// The memory of a hub, which max-memory limits.
struct Memory {
  // `max` is in bytes.
  explicit Memory(uint64_t max) : limit(max), clients(max / 2), input(max / 4) {}

  size_t in_use() const { return pool.bytes_in_use() + clients.used() + input.used() + presence.used(); }
  bool over_limit() const { return in_use() > limit; }

  const uint64_t limit;
  BlockPool pool;                    // blocks of streams and histories
  MemoryAccount clients;             // rooms, subscriptions and identities
  MemoryAccount input;               // input of clients that is incomplete or waits for its turn
  MemoryAccount presence{SIZE_MAX};  // lists of members, and clients that may come back
};

}  // namespace lws_chat
