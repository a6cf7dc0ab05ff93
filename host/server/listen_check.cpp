#include "host/server/listen_check.h"

#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace lws_chat {
namespace {

struct Socket {
  explicit Socket(int family, int flags = 0) : fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)) {}
  ~Socket() {
    if (fd >= 0) close(fd);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd;
};

std::string problem_of(const VhostSummary& vhost, const std::string& where, int error, const std::string& remedy) {
  return "vhost " + vhost.name + " cannot listen on " + where + " (" + std::strerror(error) + "): " + remedy;
}

std::string port_remedy(int error) {
  switch (error) {
    case EADDRINUSE: return "stop the program that uses it (ss -tlnp shows which) or choose another \"port\"";
    case EADDRNOTAVAIL: return "no interface has this address: correct \"interface\"";
    case EACCES:
      return "only root may use ports below 1024: choose another \"port\" or give the capability CAP_NET_BIND_SERVICE";
    default: return "correct \"interface\" and \"port\"";
  }
}

std::string port_problem(const VhostSummary& vhost) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = vhost.interface.empty() ? AF_INET : AF_UNSPEC;
  addrinfo* found = nullptr;
  std::string port = std::to_string(vhost.port);
  const char* host = vhost.interface.empty() ? nullptr : vhost.interface.c_str();
  if (getaddrinfo(host, port.c_str(), &hints, &found) != 0) return "";
  std::string problem;
  Socket probe(found->ai_family);
  int on = 1;
  if (probe.fd >= 0) setsockopt(probe.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (probe.fd < 0 || bind(probe.fd, found->ai_addr, found->ai_addrlen) != 0) {
    int error = errno;
    problem = problem_of(vhost, (host ? vhost.interface + " " : "") + "port " + port, error, port_remedy(error));
  }
  freeaddrinfo(found);
  return problem;
}

std::string socket_remedy(int error) {
  switch (error) {
    case EADDRINUSE: return "stop the program that uses it (ss -xlp shows which) or choose another \"interface\"";
    case ENOENT: return "create the folder or correct \"interface\"";
    case EACCES:
    case EROFS:
      return "the server's user may not write there: choose a folder of that user (/run/lws-chatd for the systemd "
             "service)";
    default: return "correct \"interface\"";
  }
}

// Does with the socket's path what lws will do, then undoes it.
std::string socket_problem(const VhostSummary& vhost) {
  const std::string& path = vhost.interface;
  auto problem = [&vhost, &path](int error) { return problem_of(vhost, path, error, socket_remedy(error)); };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  bool is_abstract = path[0] == '@';  // unix(7): a name that stands in no folder
  if (is_abstract) address.sun_path[0] = '\0';
  auto* at = reinterpret_cast<const sockaddr*>(&address);
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());

  // Non-blocking, because the queue of a server that hangs may be full.
  Socket peer(AF_UNIX, SOCK_NONBLOCK);
  if (connect(peer.fd, at, size) == 0 || errno == EAGAIN) return problem(EADDRINUSE);
  struct stat status;
  if (!is_abstract && lstat(path.c_str(), &status) == 0) {
    // lws would remove any file at this path.
    if (!S_ISSOCK(status.st_mode))
      return "vhost " + vhost.name + ": " + path + " exists and is not a socket: move it away or correct \"interface\"";
    if (unlink(path.c_str()) != 0) return problem(errno);
  }
  Socket probe(AF_UNIX);
  if (bind(probe.fd, at, size) != 0) return problem(errno);
  if (is_abstract) return "";
  std::string refused;
  size_t colon = vhost.socket_owner.find(':');
  if (colon != std::string::npos) {
    const passwd* user = getpwnam(vhost.socket_owner.substr(0, colon).c_str());
    const group* of = getgrnam(vhost.socket_owner.substr(colon + 1).c_str());
    if (user && of && chown(path.c_str(), user->pw_uid, of->gr_gid) != 0)
      refused =
          "vhost " + vhost.name + " cannot give " + path + " to " + vhost.socket_owner + " (" + std::strerror(errno) +
          "): a server that is not root can give it only to its own user and to groups of that user (in a systemd "
          "unit, add SupplementaryGroups=)";
  }
  unlink(path.c_str());
  return refused;
}

}  // namespace

std::string listen_problem(const VhostSummary& vhost) {
  return vhost.unix_socket ? socket_problem(vhost) : port_problem(vhost);
}

}  // namespace lws_chat
