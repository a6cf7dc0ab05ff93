#include "redis/shard.h"

#include <cstdint>

namespace lws_chat {
namespace {

// www.isthe.com/chongo/tech/comp/fnv
uint64_t fnv1a(std::string_view text) {
  constexpr uint64_t kBasis = 14695981039346656037u;
  constexpr uint64_t kPrime = 1099511628211u;
  uint64_t hash = kBasis;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  return hash;
}

}  // namespace

size_t server_of_room(std::string_view room, size_t servers) {
  constexpr double kRange = 2147483648.0;  // 2^31
  uint64_t key = fnv1a(room);
  size_t server = 0;
  for (double next = 0; next < static_cast<double>(servers);) {
    server = static_cast<size_t>(next);
    key = key * 2862933555777941757u + 1;
    double draw = static_cast<double>((key >> 33) + 1);
    next = static_cast<double>(static_cast<int64_t>(static_cast<double>(server + 1) * (kRange / draw)));
  }
  return server;
}

}  // namespace lws_chat
