#pragma once

#include <cstddef>
#include <string>

namespace lws_chat {

// Keys, certificates and configurations are far smaller.
constexpr size_t kLargestFile = size_t{1} << 20;

struct FileText {
  std::string text;
  std::string problem;  // says what is wrong and what to do; empty: the text is the whole file
};

// Reads a whole file. Only regular files are read: a FIFO would make the server wait, /dev/zero never ends.
FileText read_regular_file(const std::string& path, size_t limit = kLargestFile);

// For files that somebody else opens: what read_regular_file would say, without the limit. Empty: nothing is wrong.
std::string file_problem(const std::string& path);

}  // namespace lws_chat
