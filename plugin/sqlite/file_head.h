#pragma once

#include <string>

// The first bytes of a file that may be damaged.
namespace lws_chat {

// Says why this is no file of ours to recover, or nothing.
std::string foreign_file(const std::string& path);

// Writes what every file of ours begins with. Without that, SQLite reads nothing of a file. Returns true if it was
// damaged.
bool mend_head(const std::string& path);

}  // namespace lws_chat
