#pragma once

#include <cstddef>
#include <string>

namespace lws_chat {

// Bytes. Keys, certificates and configurations are far smaller.
constexpr size_t kLargestFile = size_t{1} << 20;

struct FileText {
  std::string text;
  std::string problem;  // what is wrong, and what to do; empty: the text is the whole file
};

// Reads a whole file of at most `limit` bytes. It must be a regular file: a FIFO would block the server, and /dev/zero
// never ends.
FileText read_regular_file(const std::string& path, size_t limit = kLargestFile);

// Returns the problem that read_regular_file would report, except for the limit. It is for files that other code opens.
// Empty: there is none.
std::string file_problem(const std::string& path);

}  // namespace lws_chat
