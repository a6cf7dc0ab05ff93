#include "host/check/config_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "access/regular_file.h"
#include "host/check/folder.h"

namespace lws_chat {
namespace {

// lws 4.1.6 prints "DIR/conf.d" into char[128] and "DIR/conf.d/NAME" into char[256], and leaves one byte unused. It
// cuts off a longer path and opens another file, or none.
constexpr size_t kMaxDirPath = 126;
constexpr size_t kMaxFilePath = 254;

constexpr std::array<std::string_view, 9> kBackupSuffixes = {".dpkg-old", ".dpkg-dist", ".bak",    ".orig",   ".rej",
                                                             ".swp",      ".save",      ".rpmnew", ".rpmsave"};

bool ends_with(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix;
}

// Returns why a file with this name is probably no configuration. Empty: it may be one.
std::string stray_problem(std::string_view name) {
  if (ends_with(name, ".dpkg-new"))
    return "an unfinished upgrade left this file, and libwebsockets would read it: finish the upgrade "
           "(dpkg --configure -a) or move the file elsewhere";
  bool is_backup = std::any_of(kBackupSuffixes.begin(), kBackupSuffixes.end(),
                               [name](std::string_view suffix) { return ends_with(name, suffix); });
  return is_backup ? "looks like a backup, and libwebsockets would read it: move it elsewhere" : "";
}

// Returns true if the text begins with {, after blanks and comments.
bool looks_like_json(std::string_view text) {
  std::string json = blank_comments(text);
  size_t begin = json.find_first_not_of(" \t\r\n");
  return begin != std::string::npos && json[begin] == '{';
}

std::string reason(int error) { return std::strerror(error); }

std::string remedy(int error) { return error == EACCES ? ": let the user who runs lws-chatd read it" : ""; }

class Reader {
 public:
  explicit Reader(const std::string& dir) : dir_(dir) {}

  ConfigFiles read() {
    if (directory_is_usable()) {
      read_main();
      read_folder();
    }
    return std::move(result_);
  }

 private:
  void error(const std::string& file, std::string text) {
    result_.findings.push_back({Severity::kError, file, 0, 0, std::move(text)});
  }
  void warn(const std::string& file, std::string text) {
    result_.findings.push_back({Severity::kWarning, file, 0, 0, std::move(text)});
  }

  bool directory_is_usable() {
    std::string problem = directory_problem();
    if (!problem.empty()) error(dir_, problem);
    return problem.empty();
  }

  std::string directory_problem() const {
    constexpr std::string_view kFolder = "/conf.d";
    struct stat status;
    if (stat(dir_.c_str(), &status) != 0)
      return reason(errno) + ", expected the configuration directory: create it or give another one";
    if (!S_ISDIR(status.st_mode)) return "not a directory, expected the directory of the file conf";
    if (dir_.size() + kFolder.size() <= kMaxDirPath) return "";
    return "path of " + std::to_string(dir_.size()) + " bytes, libwebsockets cuts it off after " +
           std::to_string(kMaxDirPath - kFolder.size()) + ": use a shorter one";
  }

  void read_main() {
    struct stat status;
    std::string path = dir_ + "/conf";
    if (stat(path.c_str(), &status) != 0)
      return error("conf", errno == ENOENT
                               ? "missing in " + dir_ +
                                     ", and libwebsockets requires it: create it, with at least {\"global\": {}}"
                               : "cannot be read (" + reason(errno) + ")" + remedy(errno));
    if (!S_ISREG(status.st_mode)) return error("conf", "not a regular file, expected the main configuration");
    read_one("conf", path);
  }

  void read_folder() {
    std::string folder = dir_ + "/conf.d";
    std::optional<std::vector<std::string>> names = names_in(folder);
    if (!names) {
      // A configuration may be a single file, without conf.d.
      if (errno != ENOENT) error("conf.d", "cannot be read (" + reason(errno) + ")" + remedy(errno));
      return;
    }
    for (const std::string& name : *names) read_entry("conf.d/" + name, folder + "/" + name, name);
  }

  void read_entry(const std::string& file, const std::string& path, const std::string& name) {
    struct stat status;
    if (name.find('~') != std::string::npos)
      return warn(file, "libwebsockets skips names with '~': rename the file, or move it elsewhere");
    if (lstat(path.c_str(), &status) != 0) return error(file, "cannot be read (" + reason(errno) + ")");
    if (S_ISLNK(status.st_mode))
      return error(file, "libwebsockets skips symbolic links: copy the file here, or move the link elsewhere");
    if (S_ISDIR(status.st_mode)) return warn(file, "libwebsockets skips sub-directories, expected regular files only");
    if (!S_ISREG(status.st_mode)) return warn(file, "not a regular file, libwebsockets skips it");
    if (path.size() > kMaxFilePath)
      return error(file, "path of " + std::to_string(path.size()) + " bytes, libwebsockets cuts it off after " +
                             std::to_string(kMaxFilePath) + ": use a shorter name");
    read_one(file, path);
  }

  void read_one(const std::string& file, const std::string& path) {
    FileText read = read_regular_file(path);
    if (!read.problem.empty()) return error(file, read.problem);
    result_.total_bytes += read.text.size();
    bool in_folder = file != "conf";
    if (read.text.empty())
      return error(file, in_folder ? "empty, expected a JSON object: fill it or remove it"
                                   : "empty, expected a JSON object with at least {\"global\": {}}");
    std::string stray = in_folder ? stray_problem(file) : "";
    if (!stray.empty()) return error(file, stray);
    ConfigFile config(file, read.text);
    const SyntaxError& problem = config.syntax_error();
    if (!problem.text.empty()) {
      bool is_foreign = in_folder && !looks_like_json(read.text);
      config.error_at(problem.at,
                      problem.text + (is_foreign ? "; libwebsockets reads every file in conf.d, whatever "
                                                   "its name: if this is not a configuration, move it elsewhere"
                                                 : ""));
    }
    result_.files.push_back(std::move(config));
  }

  const std::string& dir_;
  ConfigFiles result_;
};

}  // namespace

std::string ConfigFile::place_of(const cJSON* node) const {
  LineColumn at = document_.key_position(node);
  return name_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

std::vector<Finding> ConfigFile::findings() const {
  std::vector<Finding> sorted = findings_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Finding& a, const Finding& b) {
    return a.line != b.line ? a.line < b.line : a.column < b.column;
  });
  return sorted;
}

ConfigFiles read_config_files(const std::string& dir) { return Reader(dir).read(); }

std::map<std::string, std::string> config_texts(const std::string& dir) {
  std::vector<std::string> files = {"conf"};
  for (const std::string& name : names_in(dir + "/conf.d").value_or(std::vector<std::string>()))
    files.push_back("conf.d/" + name);
  std::map<std::string, std::string> texts;
  for (const std::string& file : files) {
    FileText read = read_regular_file(dir + "/" + file);
    if (read.problem.empty()) texts.emplace(file, std::move(read.text));
  }
  return texts;
}

std::vector<std::string> changed_files(const std::string& dir, const std::map<std::string, std::string>& before) {
  std::vector<std::string> changed;
  std::map<std::string, std::string> now = config_texts(dir);
  for (const auto& [file, text] : now) {
    auto was = before.find(file);
    if (was == before.end() || was->second != text) changed.push_back(file);
  }
  // A server that changed its user may be unable to read a file again. So a file counts as gone only if it does not
  // exist.
  for (const auto& [file, text] : before)
    if (now.count(file) == 0 && access((dir + "/" + file).c_str(), F_OK) != 0 && errno == ENOENT)
      changed.push_back(file);
  return changed;
}

}  // namespace lws_chat
