#include "host/print_options.h"

#include <algorithm>

#include "config/option_table.h"

namespace lws_chat {
namespace {

// mandoc -T lint wants input lines within 80 bytes.
constexpr size_t kManLine = 78;

const char* scope(const OptionRow& row) {
  switch (row.scope) {
    case OptionScope::kVhost: return "";
    case OptionScope::kHub: return "hub";
    case OptionScope::kRoom: return "room";
  }
  return "";
}

// Escapes what roff would read as markup.
std::string escaped(std::string_view text) {
  std::string result;
  for (char c : text) result += c == '\\' ? "\\e" : c == '"' ? "\\(dq" : std::string(1, c);
  return result;
}

// mdoc(7) wants each sentence to begin a line. A long one takes several lines.
std::string sentences(std::string_view text) {
  std::string result;
  std::string line;
  auto end_line = [&] {
    // roff takes a line with this first character for a command.
    if (!line.empty() && (line[0] == '.' || line[0] == '\'')) line.insert(0, "\\&");
    if (!line.empty()) result += line + "\n";
    line.clear();
  };
  while (!text.empty()) {
    size_t end = std::min(text.find(' '), text.size());
    std::string word = escaped(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.size() + 1 + word.size() > kManLine) end_line();
    line += (line.empty() ? "" : " ") + word;
    if (word.back() == '.') end_line();
  }
  end_line();
  return result;
}

std::string man_item(const OptionRow& row) {
  std::string facts = option_range(row);
  if (!row.fallback.empty()) facts += ", default " + std::string(row.fallback);
  std::string whose = scope(row);
  if (!whose.empty()) facts += ", " + whose;
  facts = escaped(facts);
  // mdoc moves punctuation at the end of an argument out of the parentheses.
  if (std::string_view(".,:;!?").find(facts.back()) != std::string_view::npos) facts += "\\&";
  return ".It Cm " + std::string(row.name) + " Pq \"" + facts + "\"\n" + sentences(row.help);
}

}  // namespace

std::string print_options() {
  std::string table;
  for (const OptionRow& row : option_table()) table += man_item(row);
  return table;
}

}  // namespace lws_chat
