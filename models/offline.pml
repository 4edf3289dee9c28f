/* SPDX-License-Identifier: MIT */
/* CPU offline of A or B (or both) at any step of a move; pending forwarded.
 * 3 CPUs. irq 0 lives at (0,0). mover: 0 -> 1 (-> 2). VICTIM 0 or 1 (or 2 = first 0 then 1).
 * Device: emission and landing are separate (one message in flight), flush = wait landed (S1+F2).
 *  WALK 0: offline walk takes the irq lock   1: no lock (wrong)   2: only irqs whose live target is here (wrong)
 *  SCAN 0: final scan after the walk and after all moves off the CPU flushed   1: scan before the walk (wrong)
 *       2: no forward at all (wrong)
 *  LAG 1: a landed message is reflected in eip later, FIFO per file; SCAN 0 then needs MK 1: marker to own file first
 *  CLOSE 0: CPU closed to new slots first (checked under the CPU's lock)  1: closed only at the end (wrong)
 *  FWD 3: forward = inbox of an open CPU, under that CPU's lock   1: raw slot write, no lock (wrong)
 *      2: slot write under the irq lock, landed
 */
#ifndef VICTIM
#define VICTIM 0
#endif
#ifndef WALK
#define WALK 0
#endif
#ifndef SCAN
#define SCAN 0
#endif
#ifndef CLOSE
#define CLOSE 0
#endif
#ifndef FWD
#define FWD 3
#endif
#ifndef EV0
#define EV0 3
#endif
#ifndef MV
#define MV 1
#endif
#ifndef LAG
#define LAG 0
#endif
#ifndef MK
#define MK 0
#endif
#define NONE 3
typedef cpu_t { byte tab; byte eip; byte ibx; bool sys; byte req; byte done; bool closed; bool off; bool intr; bool lk; bool noirq }
cpu_t C[3];
byte tgt, sent; bool need, lock, rn, pn, inflight, mdone, odone; byte flc;
chan sw = [2] of { byte };
byte lg[3]; bool mkq[3], mkb[3];   /* lag: lg 1 = a message waits; marker sits behind it */
inline LOCK() { atomic { !lock -> lock = 1 } }
inline UNLOCK() { lock = 0 }
inline CL(x) { atomic { !C[x].lk -> C[x].lk = 1 } }
inline CU(x) { C[x].lk = 0 }
proctype dev() {
end: do
  :: atomic { sent < EV0 && !inflight -> flc = tgt; inflight = 1; need = 1; sent++ }
#if LAG
  :: atomic { inflight -> lg[flc] = 1; inflight = 0 }
  :: atomic { lg[0] -> lg[0] = 0; C[0].eip = 1 }
  :: atomic { lg[1] -> lg[1] = 0; C[1].eip = 1 }
  :: atomic { lg[2] -> lg[2] = 0; C[2].eip = 1 }
#else
  :: atomic { inflight -> C[flc].eip = 1; inflight = 0 }
#endif
  od }
proctype swf() { byte c;
end: do :: atomic { sw?c -> C[c].eip = 1 } od }
inline arrive() {
  atomic { if :: rn -> pn = 1; go = 0 :: else -> rn = 1; go = 1 fi };
  do :: go -> need = 0; atomic { if :: pn -> pn = 0 :: else -> rn = 0; go = 0 fi } :: else -> break od }
proctype cpu(byte id) { byte s, r; bool go;
end: do
  :: atomic { !C[id].noirq && (C[id].eip || C[id].sys) -> C[id].intr = 1 };
     do
     :: r = C[id].req;
        d_step { if :: C[id].sys -> C[id].sys = 0; s = 7 :: else -> if :: C[id].eip -> C[id].eip = 0; s = 0 :: else -> s = 8 fi fi };
        if :: s == 8 -> break
           :: s == 7 -> do :: atomic { C[id].ibx -> C[id].ibx = 0 }; arrive() :: else -> break od
           :: else -> if :: C[id].tab == 0 -> arrive() :: else -> assert(0) fi fi
     od;
     atomic { C[id].done = r; C[id].intr = 0 }
  od }
/* choose an open CPU other than x, allocate a slot there (under its lock); nc = 9 if none */
inline alloc_on(x) {
  nc = 9;
  CL(x); if :: !C[x].closed -> C[x].tab = 0; nc = x :: else fi; CU(x) }
inline move_to() {     /* irq lock held, slot nc published */
  tgt = nc; !inflight;             /* message changed + flush */
  d_step { C[oc].req++ } }
proctype mover() { byte nc, oc;
  LOCK(); oc = tgt; if :: oc != 1 -> alloc_on(1); if :: nc != 9 -> move_to() :: else fi :: else fi; UNLOCK();
#if MV > 1
  LOCK(); oc = tgt; if :: oc != 2 -> alloc_on(2); if :: nc != 9 -> move_to() :: else fi :: else fi; UNLOCK();
#endif
  mdone = 1 }
inline forward(x) {    /* a message for the irq was pending on dying x */
#if FWD == 3
  i = 0;
  do :: i < 3 -> CL(i); if :: !C[i].closed -> C[i].ibx = 1; C[i].sys = 1; CU(i); break :: else -> CU(i); i++ fi
     :: else -> assert(0) od
#elif FWD == 2
  LOCK(); sw!tgt; len(sw) == 0; UNLOCK()
#else
  i = tgt; sw!i
#endif
}
inline scan(x) {
  if :: atomic { C[x].eip -> C[x].eip = 0 }; forward(x) :: else fi;
  if :: atomic { C[x].ibx -> C[x].ibx = 0 }; forward(x) :: else fi;
  C[x].sys = 0 }
inline offline(x) {
#if CLOSE == 0
  CL(x); C[x].closed = 1; CU(x);
#endif
#if SCAN == 1
  atomic { !C[x].intr -> C[x].noirq = 1 }; scan(x);
#endif
#if WALK == 2
  if :: tgt == x ->                  /* wrong: looks only at live slots */
#else
  if :: C[x].tab == 0 ->             /* an irq owns a slot here, live or retiring */
#endif
#if WALK != 1
        LOCK();
#endif
        if :: tgt == x -> oc = x;
              alloc_on(2); if :: nc == 9 -> alloc_on(1) :: else fi; if :: nc == 9 -> alloc_on(0) :: else fi;
              assert(nc != 9); move_to()
           :: else fi;
#if WALK != 1
        UNLOCK()
#endif
     :: else fi;
#if SCAN != 1
  atomic { !C[x].intr -> C[x].noirq = 1 };
#endif
#if MK
  !lg[x];                    /* own marker seen: everything stored before it is reflected */
#endif
#if SCAN == 0
  scan(x);
#endif
#if CLOSE == 1
  CL(x); C[x].closed = 1; CU(x);
#endif
  C[x].off = 1; C[x].done = 255; C[x].tab = NONE }
proctype offl() { byte nc, oc, i;
#if VICTIM == 0 || VICTIM == 2
  offline(0);
#endif
#if VICTIM == 1 || VICTIM == 2
  offline(1);
#endif
  odone = 1 }
active proctype checker() { timeout; assert(!need); assert(mdone && odone); assert(!rn && !pn) }
init { atomic { C[0].tab = 0; C[1].tab = NONE; C[2].tab = NONE; run dev(); run swf(); run cpu(0); run cpu(1); run cpu(2); run mover(); run offl() } }
