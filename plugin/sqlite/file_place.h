#pragma once

#include <cstdint>
#include <string>

namespace lws_chat {

// Where the files of a store are. Somebody may remove or replace them while the store has them open: what it writes
// then is gone when it ends.
class FilePlace {
 public:
  // The files of a database that is open. `path` is without symbolic links.
  explicit FilePlace(std::string path);

  // Says what has become of them, or nothing. `log_bytes` is what the write-ahead log has at least.
  std::string problem(uint64_t log_bytes) const;

 private:
  struct Id {
    uint64_t device = 0;
    uint64_t number = 0;
    uint64_t bytes = 0;
    bool operator==(const Id& other) const { return device == other.device && number == other.number; }
  };
  static Id find(const std::string& path);

  const std::string path_;
  const std::string log_path_;
  const Id database_;
  const Id log_;
};

}  // namespace lws_chat
