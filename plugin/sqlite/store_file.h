#pragma once

#include <memory>
#include <string>

#include "sqlite/database.h"
#include "sqlite/file_lock.h"
#include "sqlite/run.h"

namespace lws_chat {

struct StoreSettings;

// A file that a store has opened for itself.
struct StoreFile {
  std::string path;  // without symbolic links
  std::unique_ptr<FileLock> lock{};
  std::unique_ptr<Database> writing{};
  std::unique_ptr<Database> reading{};
  Run run{};
};

// Opens the file of a store, makes it if it is not there, and begins a run. Returns the problem, or nothing.
std::string open_store_file(const StoreSettings& settings, StoreFile& file);

// Says what keeps a store from using the file, or nothing, in the words of open_store_file(). Changes nothing.
std::string check_store_file(const std::string& path, const std::string& vfs);

// The file that keeps two stores apart.
std::string lock_path(const std::string& file);

}  // namespace lws_chat
