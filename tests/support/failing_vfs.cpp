#include "support/failing_vfs.h"

#include <new>

namespace unit {
namespace {

// A file of the shim, in the memory that SQLite brings; the real file's memory is behind it.
struct File {
  sqlite3_file base;
  FailingVfs* vfs;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return of(file).real(); }
const sqlite3_io_methods& methods(sqlite3_file* file) { return *real(file)->pMethods; }
FailingVfs& shim(sqlite3_vfs* vfs) { return *static_cast<FailingVfs*>(vfs->pAppData); }

int close(sqlite3_file* file) { return methods(file).xClose(real(file)); }
int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  int fault = of(file).vfs->check(FailingVfs::kRead, false);
  return fault ? fault : methods(file).xRead(real(file), to, size, at);
}
int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  int fault = of(file).vfs->check(FailingVfs::kWrite, true);
  // A disk that becomes full takes a part.
  if ((fault & 0xff) == SQLITE_FULL && size > 1) methods(file).xWrite(real(file), from, size / 2, at);
  return fault ? fault : methods(file).xWrite(real(file), from, size, at);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  int fault = of(file).vfs->check(FailingVfs::kTruncate, true);
  return fault ? fault : methods(file).xTruncate(real(file), size);
}
int sync(sqlite3_file* file, int flags) {
  int fault = of(file).vfs->check(FailingVfs::kSync, true);
  return fault ? fault : methods(file).xSync(real(file), flags);
}
int size(sqlite3_file* file, sqlite3_int64* bytes) { return methods(file).xFileSize(real(file), bytes); }
int lock(sqlite3_file* file, int kind) { return methods(file).xLock(real(file), kind); }
int unlock(sqlite3_file* file, int kind) { return methods(file).xUnlock(real(file), kind); }
int reserved(sqlite3_file* file, int* out) { return methods(file).xCheckReservedLock(real(file), out); }
int control(sqlite3_file* file, int op, void* arg) { return methods(file).xFileControl(real(file), op, arg); }
int sector(sqlite3_file* file) { return methods(file).xSectorSize(real(file)); }
int device(sqlite3_file* file) { return methods(file).xDeviceCharacteristics(real(file)); }
int shm_map(sqlite3_file* file, int page, int bytes, int extend, void volatile** to) {
  int fault = of(file).vfs->check(FailingVfs::kShared, false);
  return fault ? fault : methods(file).xShmMap(real(file), page, bytes, extend, to);
}
int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
  return methods(file).xShmLock(real(file), offset, n, flags);
}
void shm_barrier(sqlite3_file* file) { methods(file).xShmBarrier(real(file)); }
int shm_unmap(sqlite3_file* file, int remove) { return methods(file).xShmUnmap(real(file), remove); }

const sqlite3_io_methods kMethods = {2,        close,       read,      write,   truncate, sync,   size,
                                     lock,     unlock,      reserved,  control, sector,   device, shm_map,
                                     shm_lock, shm_barrier, shm_unmap, nullptr, nullptr};

int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
  of(file).base.pMethods = nullptr;
  of(file).vfs = &shim(vfs);
  int fault = shim(vfs).check(FailingVfs::kOpen, false);
  if (fault) return fault;
  int code = shim(vfs).real()->xOpen(shim(vfs).real(), path, real(file), flags, out);
  if (code == SQLITE_OK) of(file).base.pMethods = &kMethods;
  return code;
}

int remove(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  int fault = shim(vfs).check(FailingVfs::kTruncate, true);
  return fault ? fault : shim(vfs).real()->xDelete(shim(vfs).real(), path, sync_folder);
}

int access(sqlite3_vfs* vfs, const char* path, int flags, int* out) {
  return shim(vfs).real()->xAccess(shim(vfs).real(), path, flags, out);
}

int full_path(sqlite3_vfs* vfs, const char* path, int size_out, char* out) {
  return shim(vfs).real()->xFullPathname(shim(vfs).real(), path, size_out, out);
}

}  // namespace

FailingVfs::FailingVfs() : real_(sqlite3_vfs_find(nullptr)), name_("failing") {
  vfs_ = *real_;  // what is not replaced does not look at its first argument
  vfs_.iVersion = 2;
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
  vfs_.pNext = nullptr;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = open;
  vfs_.xDelete = remove;
  vfs_.xAccess = access;
  vfs_.xFullPathname = full_path;
  sqlite3_vfs_register(&vfs_, 0);
}

FailingVfs::~FailingVfs() { sqlite3_vfs_unregister(&vfs_); }

void FailingVfs::fail(unsigned calls, int after, int count, int code) {
  calls_ = 0;
  failed_ = 0;
  after_ = after;
  count_ = count;
  code_ = code;
  calls_ = calls;
}

void FailingVfs::heal() {
  calls_ = 0;
  crashed_ = false;
}

int FailingVfs::check(Call call, bool changes) {
  if (changes && crashed_) return SQLITE_IOERR;
  if ((calls_ & call) == 0 || after_-- > 0) return SQLITE_OK;
  if (count_-- <= 0) return SQLITE_OK;
  ++failed_;
  return code_;
}

}  // namespace unit
