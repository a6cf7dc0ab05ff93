#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "support/config_dir.h"

namespace unit {

// Compiles C source into a shared object. The source is in another folder, because lws looks at every file beside a
// plugin.
inline void build_shared_object(const TempDir& dir, const std::string& file, const std::string& source) {
  TempDir scratch;
  scratch.write("plugin.c", source);
  std::string input = scratch.path("plugin.c");
  std::string output = dir.path(file);
  pid_t child = fork();
  if (child == 0) {
    execlp("cc", "cc", "-shared", "-fPIC", "-o", output.c_str(), input.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) throw std::runtime_error("cannot compile a test plugin");
}

// Source of a plugin that does nothing. This libwebsockets accepts it, unless another class is given.
inline std::string plugin_source(const std::string& symbol, const std::string& plugin_class = "lws_protocol_plugin") {
  return "#include <libwebsockets.h>\n"
         "const lws_plugin_protocol_t " +
         symbol + " = { .hdr = { .name = \"test\", ._class = \"" + plugin_class +
         "\",\n"
         "#if LWS_PLUGIN_API_MAGIC >= 191\n"
         "  .lws_build_hash = LWS_BUILD_HASH,\n"
         "#endif\n"
         "  .api_magic = LWS_PLUGIN_API_MAGIC } };\n";
}

}  // namespace unit
