#pragma once

#include "core/log/stream_kind.h"

// Kinds of streams for tests of the core, which knows no dialect.
namespace lws_chat {

enum : KindId {
  kPlain,    // neither learns positions nor is recognized
  kMember,   // both
  kWatcher,  // and is told who comes and goes
};

inline StreamKinds core_kinds(Encode plain, Encode member) {
  StreamKinds kinds = {{"plain", plain}, {"member", member}, {"member", member}};
  for (KindId kind : {kMember, kWatcher}) kinds[kind].positions = kinds[kind].recognized = true;
  kinds[kWatcher].joins = true;
  return kinds;
}

}  // namespace lws_chat
