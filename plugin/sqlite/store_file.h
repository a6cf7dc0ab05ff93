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
  std::unique_ptr<Database> checkpoints{};
  Run run{};
};

// Opens the file of a store, makes it if it is not there, and begins a run. Returns the problem, or nothing.
std::string open_store_file(const StoreSettings& settings, StoreFile& file);

// Says what keeps a store from using the file, or nothing, in the words of open_store_file(). Changes nothing.
std::string check_store_file(const std::string& path);

// Opens a file of ours for reading, also while a store has it, and also if this user may not write. `file` is its path
// without symbolic links. Returns nullptr and the problem if it cannot.
std::unique_ptr<Database> open_to_look(const std::string& path, std::string& file, std::string& problem);

// Opens a file for writing, and makes the tables if it is empty. Returns the problem, or nothing.
std::string open_to_write(const std::string& file, const std::string& vfs, std::unique_ptr<Database>& database);

// Makes an empty file. Returns the problem, or nothing.
std::string make_store_file(const std::string& path);

// Finds the file, which need not exist, and takes its lock. Returns the problem, or nothing.
std::string lock_store_file(const std::string& path, StoreFile& file);

// What is wrong, and what helps, after a failure.
std::string words_for(const Database& database);

// The file that keeps two stores apart.
std::string lock_path(const std::string& file);

}  // namespace lws_chat
