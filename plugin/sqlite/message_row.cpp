#include "sqlite/message_row.h"

#include "sqlite/checksum.h"

namespace lws_chat {
namespace {

constexpr uint8_t kFormatMask = 3;
constexpr uint8_t kPublisher = 4;
constexpr uint8_t kTags = 8;
constexpr uint8_t kVersion = 16;
constexpr uint8_t kTime = 32;
constexpr uint8_t kDigits = 64;

constexpr size_t kChecksumBytes = 4;
constexpr size_t kTimeBytes = 6;

void put_fixed(std::string& bytes, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
}

void put_varint(std::string& bytes, uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  bytes += static_cast<char>(value);
}

void put_text(std::string& bytes, std::string_view text) {
  put_varint(bytes, text.size());
  bytes += text;
}

// The 32 hexadecimal digits of a client's id.
constexpr size_t kIdDigits = 32;
constexpr size_t kIdBytes = kIdDigits / 2;
constexpr std::string_view kHex = "0123456789abcdef";

bool is_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
unsigned value_of(char digit) { return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10); }

// The place of the first 32 lower-case digits in a row, if one byte can tell it; npos: there are none.
size_t find_digits(std::string_view text) {
  size_t digits = 0;
  for (size_t i = 0; i < text.size() && i < 255 + kIdDigits; ++i) {
    digits = is_digit(text[i]) ? digits + 1 : 0;
    if (digits == kIdDigits) return i + 1 - kIdDigits;
  }
  return text.npos;
}

void put_digits(std::string& bytes, std::string_view digits) {
  for (size_t i = 0; i < digits.size(); i += 2)
    bytes += static_cast<char>(value_of(digits[i]) << 4 | value_of(digits[i + 1]));
}

std::string digits_of(std::string_view bytes) {
  std::string digits;
  for (char byte : bytes) {
    digits += kHex[static_cast<uint8_t>(byte) >> 4];
    digits += kHex[static_cast<uint8_t>(byte) & 15];
  }
  return digits;
}

uint64_t zigzag(int64_t value) { return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63); }
int64_t unzigzag(uint64_t value) { return static_cast<int64_t>(value >> 1 ^ (~(value & 1) + 1)); }

// Takes values off the front. After a failure all are 0.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  uint64_t fixed(size_t size) {
    std::string_view bytes = take(size);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size(); ++i) value |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
    return value;
  }

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      uint64_t byte = fixed(1);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }

  std::string_view text() { return take(varint()); }
  std::string_view bytes(size_t size) { return take(size); }
  std::string_view rest() { return take(rest_.size()); }
  bool ok() const { return ok_; }

 private:
  std::string_view take(uint64_t size) {
    if (!ok_ || size > rest_.size()) {
      ok_ = false;
      return {};
    }
    std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool ok_ = true;
};

uint32_t row_checksum(int64_t id, std::string_view rest) {
  char place[8];
  for (size_t i = 0; i < sizeof place; ++i) place[i] = static_cast<char>(static_cast<uint64_t>(id) >> (8 * i) & 0xff);
  return checksum(rest, checksum({place, sizeof place}));
}

}  // namespace

void pack_row(int64_t id, const MessageRow& row, std::string& bytes) {
  const Message& message = row.message;
  bool timed = message.unix_ms != 0;
  bool versioned = message.version != 0 || !message.version_epoch.empty();
  size_t digits = find_digits(message.publisher);
  auto flags = static_cast<uint8_t>(message.format);
  if (digits != message.publisher.npos) flags |= kDigits;
  if (!message.publisher.empty()) flags |= kPublisher;
  if (!message.tags.empty()) flags |= kTags;
  if (versioned) flags |= kVersion;
  if (timed) flags |= kTime;

  bytes.assign(kChecksumBytes, '\0');
  bytes += static_cast<char>(flags);
  put_fixed(bytes, static_cast<uint64_t>(row.at), kTimeBytes);
  put_varint(bytes, row.total);
  if (flags & kDigits) {
    put_varint(bytes, message.publisher.size() - kIdDigits);
    bytes += message.publisher.substr(0, digits);
    bytes += message.publisher.substr(digits + kIdDigits);
    bytes += static_cast<char>(digits);
    put_digits(bytes, message.publisher.substr(digits, kIdDigits));
  } else if (flags & kPublisher) {
    put_text(bytes, message.publisher);
  }
  if (!message.tags.empty()) put_text(bytes, message.tags);
  if (versioned) {
    put_varint(bytes, message.version);
    put_text(bytes, message.version_epoch);
  }
  // Without overflow, whatever the times are.
  if (timed)
    put_varint(bytes,
               zigzag(static_cast<int64_t>(static_cast<uint64_t>(message.unix_ms) - static_cast<uint64_t>(row.at))));
  bytes += message.payload;

  uint32_t sum = row_checksum(id, std::string_view(bytes).substr(kChecksumBytes));
  for (size_t i = 0; i < kChecksumBytes; ++i) bytes[i] = static_cast<char>(sum >> (8 * i) & 0xff);
}

bool unpack_row(int64_t id, std::string_view bytes, MessageRow& row) {
  Unpacker in(bytes);
  uint64_t sum = in.fixed(kChecksumBytes);
  if (!in.ok() || sum != row_checksum(id, bytes.substr(kChecksumBytes))) return false;
  auto flags = static_cast<uint8_t>(in.fixed(1));
  row = {};
  if ((flags & kFormatMask) > static_cast<uint8_t>(Format::kJson)) return false;
  row.message.format = static_cast<Format>(flags & kFormatMask);
  row.at = static_cast<int64_t>(in.fixed(kTimeBytes));
  row.total = in.varint();
  if (flags & kPublisher) row.message.publisher = in.text();
  if (flags & kDigits) {
    row.publisher = row.message.publisher;
    size_t place = in.fixed(1);
    if (place > row.publisher.size()) return false;
    row.publisher.insert(place, digits_of(in.bytes(kIdBytes)));
    row.message.publisher = row.publisher;
  }
  if (flags & kTags) row.message.tags = in.text();
  if (flags & kVersion) {
    row.message.version = in.varint();
    row.message.version_epoch = in.text();
  }
  if (flags & kTime)
    row.message.unix_ms =
        static_cast<int64_t>(static_cast<uint64_t>(row.at) + static_cast<uint64_t>(unzigzag(in.varint())));
  row.message.payload = in.rest();
  return in.ok();
}

}  // namespace lws_chat
