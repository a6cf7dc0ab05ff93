#pragma once

#include <cstddef>
#include <string>

namespace lws_chat {

// Bytes. Keys, certificates and configurations are far smaller.
constexpr size_t kLargestFile = size_t{1} << 20;

struct FileText {
  std::string text;
  std::string problem;  // what is wrong, and what to do; empty: the text is the whole file
  unsigned others = 0;  // what users outside the file's group may do, as chmod(1) counts: 4 read, 2 write, 1 execute
};

// Reads a whole file of at most kLargestFile bytes. It must be a regular file: a FIFO would block the server, and
// /dev/zero never ends.
FileText read_regular_file(const std::string& path);

// The same for a file with a secret, which other users of the machine must not have any right to.
FileText read_secret_file(const std::string& path);

// The same for a file that decides who is trusted, which other users must not be able to change.
FileText read_trusted_file(const std::string& path);

// Returns what is wrong with the rights to a file with a secret, and the command that puts it right.
std::string secret_file_problem(const FileText& file, const std::string& path);

// Returns the problem that read_regular_file would report, except for the limit. It is for files that other code opens.
// Empty: there is none.
std::string file_problem(const std::string& path);

}  // namespace lws_chat
