#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lws_chat {

// Writes lines to a descriptor without waiting for its reader, because a pipe that nobody reads must not stop the
// server. Keeps lines that do not fit, up to a limit.
class LineWriter {
 public:
  static constexpr size_t kMostWaiting = 65536;  // bytes

  // The descriptor stays the caller's. Its flags do not change, because other processes may share them.
  explicit LineWriter(int fd);
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Writes the line in one call if there is room, else keeps it. Returns false if neither was possible: the line is
  // lost.
  bool put(std::string_view line);

  // Writes kept lines as far as there is room.
  void flush();

  // Writes kept lines and waits for room, for so many milliseconds at most (-1: no limit). Returns true if all is
  // written.
  bool wait(int milliseconds);

  bool idle() const { return waiting_.empty(); }

 private:
  // Returns how many bytes were written. Bytes that can never be written count as written.
  size_t write_some(std::string_view bytes);

  enum class Kind { kFile, kSocket, kOwn, kPolled };

  int fd_;
  Kind kind_ = Kind::kFile;
  bool broken_ = false;  // the last write failed, and not because of a lack of room
  std::string waiting_;
};

}  // namespace lws_chat
