#include "sqlite/file_place.h"

#include <sys/stat.h>

#include <utility>

namespace lws_chat {

FilePlace::Id FilePlace::find(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino, static_cast<uint64_t>(info.st_size)};
}

FilePlace::FilePlace(std::string path)
    : path_(std::move(path)), log_path_(path_ + "-wal"), database_(find(path_)), log_(find(log_path_)) {}

std::string FilePlace::problem(uint64_t log_bytes) const {
  constexpr const char* kRemedy = " while the server has it open; put it back, or start the server again";
  if (!(find(path_) == database_)) return std::string("the file was removed or replaced") + kRemedy;
  Id log = find(log_path_);
  if (!(log == log_)) return "its write-ahead log " + log_path_ + " was removed or replaced" + kRemedy;
  if (log.bytes < log_bytes) return "the end of its write-ahead log " + log_path_ + " was cut off" + kRemedy;
  return {};
}

}  // namespace lws_chat
