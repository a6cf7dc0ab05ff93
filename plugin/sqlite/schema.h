#pragma once

#include <cstdint>
#include <string>

#include "sqlite/database.h"

// The tables of the file; README.md tells what they mean.
namespace lws_chat {

constexpr int64_t kApplicationId = 0x6c777363;  // "lwsc", in the file's header
constexpr int64_t kSchemaVersion = 1;
constexpr int64_t kPageBytes = 4096;

// Makes the tables in an empty file.
bool make_schema(Database& database);

// Brings an older file to this version. Returns false if it cannot.
bool migrate_schema(Database& database);

// Says what is wrong with the file, or nothing. Cheap: looks at the header and at a row of each table.
// `empty` tells that the file has nothing in it yet, which is fine.
std::string check_schema(Database& database, bool& empty);

// Says that a file has a later schema than this program knows.
std::string newer_version(int64_t version);

// What helps if a file cannot be used.
extern const char* const kRemedy;

}  // namespace lws_chat
