#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lws_chat {

// Makes a delta: a text of at most `most` bytes that turns `source` into `target`, in the format of the Fossil version
// control system (fossil-scm.org/home/doc/trunk/www/delta_format.wiki). Returns false if the text would be longer.
//
// If `target` is UTF-8, the delta is UTF-8, too: it never splits a character. Both may be any bytes.
//
// The time is linear in the sizes, whatever the contents. Of texts over 512 KiB only the common beginning and end
// are looked for. The memory, without that of the delta, is at most 130 KiB.
[[nodiscard]] bool make_fossil_delta(std::string_view source, std::string_view target, size_t most, std::string& delta);

}  // namespace lws_chat
