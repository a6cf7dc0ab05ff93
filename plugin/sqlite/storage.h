#pragma once

#include <cstdint>
#include <string>

// What an administrator does with the file of a store.
namespace lws_chat {

// The file that a path means, without symbolic links. It need not be there.
std::string storage_file(const std::string& path);

struct StorageInfo {
  std::string path;  // without symbolic links
  uint64_t file_bytes = 0;
  uint64_t log_bytes = 0;  // of the write-ahead log
  int64_t schema = 0;
  uint64_t rooms = 0;
  uint64_t messages = 0;
  uint64_t records = 0;
  int64_t oldest_unix_ms = 0;  // when the oldest message came; 0: there is none
  std::string damage;          // what is damaged, in one line; empty: nothing
  std::string holder;          // who has the file open, as "process 123 (lws-chatd)"; empty: no server
};

// Looks at every message of the file, also while a server has it open. Returns the problem as one line, or nothing.
std::string storage_info(const std::string& path, StorageInfo& info);

// Says what keeps a server from using the file, as one line, or nothing. A file that is not there is fine: the server
// makes it. Changes nothing.
std::string storage_check(const std::string& path);

// Puts the file aside, as PATH.broken-YYYYMMDD-HHMMSS with its write-ahead log, and makes a new one with everything
// that can be read. A room begins a new epoch if some of its messages may be missing. Returns the problem as one line,
// or nothing; `report` tells what was saved. Refuses while a server has the file open.
std::string storage_recover(const std::string& path, std::string& report);

}  // namespace lws_chat
