#pragma once

#include "redis/link.h"

// The Lua scripts that keep rooms and presence in Redis. They have the effects of Centrifugo's on the keys that both
// know, and more. Time is that of Redis. room_script.h and presence_script.h run them.
namespace lws_chat {

struct RedisScripts {
  // Gives a message the next position, puts it into the stream and publishes it.
  //   KEYS stream, meta, result, lineage, publisher   ARGV publication, stream's size and seconds, channel, meta's
  //   seconds, fresh epoch, result's seconds or '', version, version epoch, line or '', server, address, keep, numbers
  //   of the node's connection, of the series and of the publication or 0, seconds for which they are kept, epoch and
  //   offset that the node knows or '' and 0: if the room is behind that, it gets the fresh epoch
  //   -> offset, epoch, 0 published, 1 repeated, 2 older version, 3 not the next one of its series
  RedisScript publish;

  // Publishes a message that no stream keeps, once.
  //   KEYS result   ARGV payload, channel, result's seconds   -> 1 published, 0 repeated
  RedisScript publish_once;

  // Reads a room's position, and entries of its stream.
  //   KEYS stream, meta, lineage   ARGV meta's seconds, fresh epoch, line or '', server, address, keep, offset to read
  //   from or '', how many entries
  //   -> offset of the last message, epoch, id of the oldest entry or '', entries, bounds or '', number of the last
  //   join or leave or ''. From an offset on the oldest comes first; without one they are the last ones, and the newest
  //   comes first.
  RedisScript position;

  // Notes that this server numbers rooms from now on, and on which line.
  //   KEYS lineage   ARGV fresh line, server, address, keep   -> line
  RedisScript begin;

  // Gives a room the fresh epoch, if it still has the one that is given up.
  //   KEYS meta   ARGV epoch, fresh epoch   -> 1 or 0
  RedisScript renew;

  // Gives a room the fresh epoch, if it still has this one and lacks a message that this node was told it has: the room
  // is behind it, or another one is in its place.
  //   KEYS stream, meta   ARGV epoch, the message's offset and id, fresh epoch   -> 1 or 0
  RedisScript check;

  // Forgets a room's messages, but not its position.
  //   KEYS stream   -> 1
  RedisScript forget;

  // Publishes a join or leave, and numbers it where the room has an epoch. Without a payload it only takes a number.
  //   KEYS meta   ARGV channel, payload or ''   -> how many connections have got it
  RedisScript announce;

  // All five: KEYS as in PresenceNames, in that order.
  RedisScript presence_add;  // ARGV member's seconds, keys' seconds, 'again' or '', line or '', and
                             // {client, user, info}... -> how many are new, negative on another line. 'again': not
                             // those that are there with another info -> those that presence_expire had taken out: they
                             // have to be announced again
  RedisScript presence_remove;  // ARGV line or '', {client, info or ''}... -> how many were there; not if they have
                                // another info; or minus how many are missing on another line
  RedisScript presence_expire;  // ARGV how many at most, member's and keys' seconds -> milliseconds until the next one
                                // or -1, {client, info}...
  RedisScript presence_read;    // -> {client, info}...
  RedisScript presence_stats;   // -> clients, users or -1: nobody counts them
};

const RedisScripts& redis_scripts();

}  // namespace lws_chat
