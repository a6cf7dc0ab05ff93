#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lws_chat {

// Writes lines to a descriptor, and does not wait for whoever reads them: a pipe that nobody reads must not stop the
// server. Lines for which there is no room are kept, up to a limit.
class LineWriter {
 public:
  static constexpr size_t kMostWaiting = 65536;  // bytes

  // The descriptor stays the caller's. Its flags are left alone, because other processes may share them.
  explicit LineWriter(int fd);
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Writes the line in one call where there is room, else keeps it. Returns whether it did either; a line that did not
  // fit is lost.
  bool put(std::string_view line);

  // Writes what was kept, as far as there is room.
  void flush();

  // The same, and waits for room for up to so many milliseconds, -1: for ever. Returns whether all is written.
  bool wait(int milliseconds);

  bool idle() const { return waiting_.empty(); }

 private:
  // How much of the bytes was written; all of them if they can never be.
  size_t write_some(std::string_view bytes);

  enum class Kind { kFile, kSocket, kOwn, kPolled };

  int fd_;
  Kind kind_ = Kind::kFile;
  bool broken_ = false;  // the last attempt failed for another reason than a lack of room
  std::string waiting_;
};

}  // namespace lws_chat
