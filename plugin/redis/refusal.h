#pragma once

#include <string>
#include <string_view>

namespace lws_chat {

// Why a server is left although nothing is wrong with it; goes on after its name.
inline constexpr char kLeftWithoutMemory[] = "is left alone, because there is no memory: wait for the next attempt";

// Tells an administrator what to do about a command that the server refused with `error`. The text goes on after the
// server's name: "refuses AUTH (WRONGPASS ...): ...".
std::string explain_refusal(std::string_view command, std::string_view error);

// What to do about an error, without the server's name and the command.
const char* remedy_of(std::string_view error);

// What to say of an answer that no script of ours gives: its keys belong to somebody else.
inline constexpr char kForeignKeys[] = "FOREIGN the keys are not of this server";

// Returns true if the error is about what is in the keys that the command uses: others may be fine.
bool concerns_keys(std::string_view error);

// Returns true if the error means that a message is kept, but its readers were not told.
bool is_kept(std::string_view error);

// Returns true if the error means that the server is not the right one any more, so that all commands will fail:
// it became a replica, loads its data, or wants a password.
bool ends_the_link(std::string_view error);

}  // namespace lws_chat
