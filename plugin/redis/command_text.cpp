#include "redis/command_text.h"

#include <charconv>

namespace lws_chat {
namespace {

void append_number_line(std::string& out, char kind, size_t number) {
  char line[24];
  line[0] = kind;
  char* end = std::to_chars(line + 1, line + sizeof line - 2, number).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(line, static_cast<size_t>(end - line));
}

}  // namespace

void append_command_head(std::string& out, size_t words) { append_number_line(out, '*', words); }

void append_word(std::string& out, std::string_view word) {
  append_number_line(out, '$', word.size());
  out += word;
  out += "\r\n";
}

void append_command(std::string& out, const std::vector<std::string_view>& words) {
  size_t before = out.size();
  try {
    append_command_head(out, words.size());
    for (std::string_view word : words) append_word(out, word);
  } catch (...) {
    out.resize(before);
    throw;
  }
}

}  // namespace lws_chat
