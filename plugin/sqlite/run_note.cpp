#include "sqlite/run_note.h"

#include <array>
#include <cstring>
#include <string_view>

#include "sqlite/checksum.h"

namespace lws_chat {
namespace {

// The note and a checksum of it, in the machine's order of bytes: no other machine reads it.
constexpr size_t kBytes = 2 * sizeof(int64_t) + 3 * sizeof(uint32_t) + sizeof(uint64_t);
constexpr size_t kWithSum = kBytes + sizeof(uint32_t);

std::string bytes_of(const RunNote& note) {
  std::string bytes;
  auto put = [&](const auto& value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); };
  put(note.run);
  put(note.state);
  put(note.pages);
  put(note.salt);
  put(note.row);
  put(note.sum);
  return bytes;
}

std::optional<RunNote> note_in(const std::string& bytes) {
  if (bytes.size() != kWithSum) return std::nullopt;
  uint32_t sum = 0;
  std::memcpy(&sum, bytes.data() + kBytes, sizeof sum);
  if (sum != checksum(std::string_view(bytes).substr(0, kBytes))) return std::nullopt;
  RunNote note;
  size_t place = 0;
  auto take = [&](auto& value) {
    std::memcpy(&value, bytes.data() + place, sizeof value);
    place += sizeof value;
  };
  take(note.run);
  take(note.state);
  take(note.pages);
  take(note.salt);
  take(note.row);
  take(note.sum);
  return note;
}

}  // namespace

std::optional<RunNote> read_note(const FileLock& lock) { return note_in(lock.noted(kWithSum)); }

std::optional<RunNote> read_note(const std::string& lock_path) { return note_in(FileLock::noted(lock_path, kWithSum)); }

void write_note(FileLock& lock, const RunNote& note, bool synced) {
  std::string bytes = bytes_of(note);
  uint32_t sum = checksum(bytes);
  bytes.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  lock.note(bytes, synced);
}

}  // namespace lws_chat
