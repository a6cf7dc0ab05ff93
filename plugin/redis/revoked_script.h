#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/shared_revocations.h"
#include "redis/keys.h"
#include "redis/link.h"

// What nodes keep in Redis of revoked tokens, with typed arguments and answers.
namespace lws_chat {

// Adds revocations, each of which counts for as long, and for as many tokens, as the largest that was ever added. Those
// that nobody needs are taken out some minutes after their end. The answer is how many have found a place: there are
// places for `most`.
void run_revoke(RedisLink& link, const RedisKeys& keys, const std::vector<Revocation>& revocations, uint64_t most,
                RedisLink::Answer answer);

// Reads some of them; `cursor` is "0" at first, and then that of the answer before. What is there all the time while it
// is read is in one of the answers.
void run_revoked_read(RedisLink& link, const RedisKeys& keys, const std::string& cursor, RedisLink::Answer answer);

struct RevokedRead {
  std::string cursor;  // "0": these were the last ones
  std::vector<Revocation> revocations;
  size_t foreign = 0;  // entries that are none
};

// Returns nothing if this is no such answer.
std::optional<RevokedRead> read_revoked(const RedisReply& reply);

}  // namespace lws_chat
