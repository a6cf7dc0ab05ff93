#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/log/message.h"

// A message as it is in the file: a row whose id has the room's number and the offset, and whose bytes have everything
// else.
namespace lws_chat {

constexpr int kOffsetBits = 36;
constexpr uint64_t kMaxOffset = (uint64_t{1} << kOffsetBits) - 1;
constexpr int64_t kMaxRoom = (int64_t{1} << (63 - kOffsetBits)) - 1;

// Precondition: 0 < room <= kMaxRoom, offset <= kMaxOffset.
constexpr int64_t row_id(int64_t room, uint64_t offset) { return room << kOffsetBits | static_cast<int64_t>(offset); }
constexpr int64_t room_of(int64_t id) { return id >> kOffsetBits; }
constexpr uint64_t offset_of(int64_t id) { return static_cast<uint64_t>(id) & kMaxOffset; }

struct MessageRow {
  Message message{};
  int64_t at = 0;           // when the journal took it, in Unix milliseconds
  uint64_t total = 0;       // bytes of the room's messages up to this one, since the room began; only differences count
  std::string publisher{};  // of unpack_row(): the text that message.publisher shows, if it is not in the bytes
};

// Bytes that count for HistoryLimits::bytes.
inline uint64_t counted_bytes(const Message& message) {
  return message.payload.size() + message.publisher.size() + message.tags.size();
}

// Layout: CRC-32C of id and rest (4 bytes), flags and format (1), at (6), total (varint); if there: publisher and tags,
// each behind its size (varint), version (varint), version epoch behind its size, unix_ms as difference to `at`
// (varint, zigzag); payload. Numbers are little-endian. If the publisher has 32 hexadecimal digits in a row, as ids of
// clients are, they are 16 bytes behind it, and their place (1 byte); most of its bytes are those otherwise.
void pack_row(int64_t id, const MessageRow& row, std::string& bytes);

// Returns false if these are not the bytes of this row. The views of the message are into `bytes` and
// `row`, which is not copied therefore.
[[nodiscard]] bool unpack_row(int64_t id, std::string_view bytes, MessageRow& row);

}  // namespace lws_chat
