#include "core/options.h"

#include <algorithm>

#include "core/option_bindings.h"
#include "core/wording.h"

namespace lws_chat {
namespace {

constexpr size_t kMaxCloseReply = 4096;  // it has to fit one frame

}  // namespace

const std::vector<OptionRow>& option_table() {
  static const std::vector<OptionRow> rows = [] {
    std::vector<OptionRow> result;
    for (const OptionBinding& binding : option_bindings()) result.push_back(binding.row);
    return result;
  }();
  return rows;
}

// "typing/history-size" is an option of the namespace typing; without a slash the namespace is empty.
std::pair<std::string_view, std::string_view> split_name(std::string_view name) {
  size_t slash = name.rfind('/');
  if (slash == std::string_view::npos) return {{}, name};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

const OptionRow* find_option(std::string_view name) {
  name = split_name(name).second;
  for (const OptionRow& row : option_table())
    if (row.name == name) return &row;
  return nullptr;
}

std::string nearest_option(std::string_view full_name) {
  std::string_view name = split_name(full_name).second;
  std::string_view before = full_name.substr(0, full_name.size() - name.size());
  std::vector<std::string_view> names;
  for (const OptionRow& row : option_table())
    if (before.empty() || row.scope == OptionScope::kRoom) names.push_back(row.name);
  std::string_view nearest = nearest_word(name, names);
  return nearest.empty() ? std::string() : std::string(before) + std::string(nearest);
}

Options default_options() {
  Options options;
  for (const OptionBinding& binding : option_bindings()) (void)binding.set(options, binding.row.fallback);
  return options;
}

// Keeps what is to be different in a namespace, when it is right.
std::string set_override(Options& options, std::string_view name_space, const OptionBinding& binding,
                         std::string_view value) {
  std::string option(binding.row.name);
  if (binding.row.scope != OptionScope::kRoom) return quoted(option) + " is no option of rooms, it has no namespace";
  // lws's parser of the configuration takes a dot for the end of a name.
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (name_space.empty() || name_space.find_first_not_of(kAllowed) != std::string_view::npos)
    return quoted(name_space) + " is no namespace, expected letters, digits, _ and -";
  Options scratch = options;
  std::string problem = binding.set(scratch, value);
  if (problem.empty()) options.overrides.push_back({std::string(name_space), option, std::string(value)});
  return problem;
}

std::string set_option(Options& options, std::string_view full_name, std::string_view value) {
  auto [name_space, name] = split_name(full_name);
  bool plain = name.size() == full_name.size();
  for (const OptionBinding& binding : option_bindings())
    if (binding.row.name == name)
      return plain ? binding.set(options, value) : set_override(options, name_space, binding, value);
  std::string nearest = nearest_option(full_name);
  return "unknown option " + quoted(full_name) + (nearest.empty() ? "" : ", did you mean " + quoted(nearest) + "?");
}

std::vector<std::string> namespaces(const Options& options) {
  std::vector<std::string> names;
  for (const Options::Override& override : options.overrides) names.push_back(override.name_space);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Options options_in(const Options& options, std::string_view name_space) {
  Options result = options;
  for (const Options::Override& override : options.overrides)
    if (override.name_space == name_space) (void)set_option(result, override.option, override.value);
  return result;
}

std::string check_options(const Options& options) {
  if (!options.close_word.empty() && options.close_word.size() > options.max_message)
    return "close-word is longer than max-message, so nobody can ever send it";
  if (options.close_reply.size() > kMaxCloseReply)
    return "close-reply is longer than " + std::to_string(kMaxCloseReply) + " bytes";
  bool below = options.path.back() == '/' && options.structured_path.compare(0, options.path.size(), options.path) == 0;
  if (below || options.structured_path == options.path)
    return "structured-path " + quoted(options.structured_path) + " is path " + quoted(options.path) +
           " or below it, where rooms are";
  return "";
}

std::vector<std::string> hub_conflicts(const Options& a, const Options& b) {
  std::vector<std::string> conflicts;
  std::vector<std::string> groups = namespaces(a);
  for (const std::string& name : namespaces(b)) groups.push_back(name);
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  groups.insert(groups.begin(), "");
  for (const std::string& group : groups) {
    Options left_options = options_in(a, group);
    Options right_options = options_in(b, group);
    for (const OptionBinding& binding : option_bindings()) {
      bool relevant =
          group.empty() ? binding.row.scope != OptionScope::kVhost : binding.row.scope == OptionScope::kRoom;
      if (!relevant) continue;
      std::string left = binding.get(left_options);
      std::string right = binding.get(right_options);
      // What is different everywhere has been said for the plain namespace.
      if (left == right || (!group.empty() && binding.get(a) != binding.get(b))) continue;
      conflicts.push_back((group.empty() ? "" : group + "/") + std::string(binding.row.name) + " (" + left + " and " +
                          right + ")");
    }
  }
  return conflicts;
}

std::string option_range(const OptionRow& row) {
  switch (row.type) {
    case OptionType::kNumber:
      return std::to_string(row.min) + " to " + std::to_string(row.max) + " " + std::string(row.unit);
    case OptionType::kFlag: return "0 or 1";
    case OptionType::kChoice: {
      std::string words(row.choices);
      for (size_t bar; (bar = words.find('|')) != std::string::npos;) words.replace(bar, 1, " or ");
      return words;
    }
    case OptionType::kList: return std::string(row.unit);
    case OptionType::kText: return "text";
  }
  return "";
}

}  // namespace lws_chat
