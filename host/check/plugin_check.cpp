#include "host/check/plugin_check.h"

#include <dlfcn.h>
#include <elf.h>
#include <libwebsockets.h>
#include <link.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

#include "access/regular_file.h"
#include "host/check/folder.h"

namespace lws_chat {
namespace {

constexpr char kFile[] = "libprotocol_lws_chat.so";
constexpr char kSymbol[] = "lws_chat";
constexpr char kClass[] = "lws_protocol_plugin";
constexpr char kBuiltHere[] = "install the package built for this release";
constexpr char kRemedy[] = "install it (package libwebsockets-protocol-lws-chat, or cmake --install) or give -p DIR";

// From lws_plugins_dir_cb() and lws_plat_dlopen(): lws skips shorter names, refuses shorter symbols, and cuts off
// longer symbols and paths.
constexpr size_t kMinFileName = 7;
constexpr size_t kMinSymbol = 6;
constexpr size_t kMaxSymbol = 63;
constexpr size_t kMaxPath = 254;

// The plugin header of two generations of lws. Nothing in it tells which one it is, so api_of() looks at both places.
struct Header190 {
  const char* name;
  const char* plugin_class;
  unsigned api_magic;
};
struct Header191 {
  const char* name;
  const char* plugin_class;
  const char* build_hash;
  unsigned api_magic;
};

// The plugin API that a header was built for. 0: neither place holds a likely number.
unsigned api_of(const void* header) {
  auto likely = [](unsigned magic) { return magic >= 100 && magic < 1000; };
  unsigned old_place;
  unsigned new_place;
  std::memcpy(&old_place, static_cast<const char*>(header) + offsetof(Header190, api_magic), sizeof old_place);
  std::memcpy(&new_place, static_cast<const char*>(header) + offsetof(Header191, api_magic), sizeof new_place);
  return likely(old_place) ? old_place : likely(new_place) ? new_place : 0;
}

struct Close {
  void operator()(void* handle) const { dlclose(handle); }
};

// The symbol that lws looks for in a file of this name. Empty: lws skips the file.
std::string symbol_of(const std::string& name) {
  if (name.size() < kMinFileName || name.find('~') != std::string::npos) return "";
  size_t begin = name.find_first_of("_-");
  if (begin == std::string::npos) return "";
  std::string symbol = name.substr(begin + 1, name.find('.', begin) - begin - 1);
  return symbol.empty() ? "?" : symbol.substr(0, kMaxSymbol);
}

std::string foreign_api(unsigned api) {
  std::string theirs = api ? "plugin API " + std::to_string(api) : "an unknown plugin API";
  return "was built for another libwebsockets (" + theirs + ", this one has " + std::to_string(LWS_PLUGIN_API_MAGIC) +
         "): " + kBuiltHere;
}

template <typename Part>
bool read_part(std::ifstream& file, size_t at, Part& part) {
  file.seekg(static_cast<std::streamoff>(at));
  return file.read(reinterpret_cast<char*>(&part), sizeof part).good();
}

// Returns true if an ELF file is shorter than its headers say, as after an interrupted copy. The dynamic linker would
// map it all the same and die of SIGBUS. Reads the headers only: debug information makes a plugin large.
bool is_truncated(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto size = static_cast<size_t>(file.tellg());
  ElfW(Ehdr) header;
  if (!read_part(file, 0, header)) return false;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(ElfW(Phdr))) return false;
  for (size_t i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment;
    if (!read_part(file, header.e_phoff + i * sizeof segment, segment)) return true;
    if (segment.p_type == PT_LOAD && (segment.p_filesz > size || segment.p_offset > size - segment.p_filesz))
      return true;
  }
  return false;
}

// Returns why lws would not load this file as a protocol plugin. Empty: it would.
std::string load_problem(const std::string& path, const std::string& symbol) {
  if (path.size() > kMaxPath)
    return "path of " + std::to_string(path.size()) + " bytes, libwebsockets cuts it off after 254";
  if (symbol.size() < kMinSymbol)
    return "the part of its name after the first _ or - is too short, libwebsockets wants six letters";
  if (std::string problem = file_problem(path); !problem.empty()) return problem;
  if (is_truncated(path)) return "the file is truncated: copy or install it again";
  std::unique_ptr<void, Close> handle(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!handle) {
    const char* reason = dlerror();
    return std::string("cannot be loaded (") + (reason ? reason : "unknown reason") + "): " + kBuiltHere;
  }
  const void* found = dlsym(handle.get(), symbol.c_str());
  if (!found) return "exports no symbol \"" + symbol + "\", so it is not the plugin that its name promises";
  unsigned api = api_of(found);
  if (api != LWS_PLUGIN_API_MAGIC) return foreign_api(api);
  auto header = static_cast<const lws_plugin_header_t*>(found);
#if LWS_PLUGIN_API_MAGIC >= 191 && defined(LWS_BUILD_HASH)
  if (!header->lws_build_hash || std::strcmp(header->lws_build_hash, LWS_BUILD_HASH) != 0)
    return std::string("was built for another build of this libwebsockets version: ") + kBuiltHere;
#endif
  if (!header->_class || std::strcmp(header->_class, kClass) != 0)
    return std::string("is a plugin of class \"") + (header->_class ? header->_class : "") + "\", expected " + kClass;
  return "";
}

}  // namespace

std::string check_plugin(const std::string& dir) {
  std::optional<std::vector<std::string>> names = names_in(dir);
  if (!names) return std::string(std::strerror(errno)) + ", expected the directory of " + kFile + ": " + kRemedy;
  if (std::find(names->begin(), names->end(), kFile) == names->end())
    return std::string(kFile) + " is missing: " + kRemedy;
  std::string problem = load_problem(dir + "/" + kFile, kSymbol);
  if (!problem.empty()) return std::string(kFile) + ": " + problem;
  for (const std::string& name : *names) {
    std::string symbol = symbol_of(name);
    if (symbol.empty() || name == kFile) continue;
    problem = load_problem(dir + "/" + name, symbol);
    if (!problem.empty())
      return name + ": " + problem +
             "; libwebsockets stops loading at such a file: keep only plugins in this directory";
  }
  return "";
}

bool provides_protocol(const std::string& dir, const std::string& protocol) {
  std::string wanted = protocol;
  for (char& c : wanted)
    if (c == '-') c = '_';
  std::vector<std::string> names = names_in(dir).value_or(std::vector<std::string>());
  return std::any_of(names.begin(), names.end(), [&wanted](const std::string& name) {
    bool is_library = name.compare(0, 3, "lib") == 0 && name.size() > 3 && name.substr(name.size() - 3) == ".so";
    return is_library && symbol_of(name) == wanted;
  });
}

}  // namespace lws_chat
