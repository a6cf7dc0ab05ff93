#pragma once

#include <cstddef>
#include <string>

namespace lws_chat {

// Empties the text and gives its memory back. Assigning an empty text does not: the C++ library copies a short text
// into the memory that is there.
inline void release(std::string& text) { std::string().swap(text); }

// Takes so many bytes off the front, and gives back the memory that they needed.
inline void release_front(std::string& text, size_t bytes) { std::string(text, bytes).swap(text); }

}  // namespace lws_chat
