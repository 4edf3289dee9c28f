/* SPDX-License-Identifier: MIT */
/* run claim, hand-over, software trigger, disable/enable, free, object reuse.
 * Device messages land at once (flush and lag are the business of move.pml); software triggers may lag.
 *  HO   0: trigger, then give up the claim        1: give up, then trigger a slot, no lock (raw)
 *       5: as 1, and (cpu, slot) read in two loads (wrong twice)
 *       2: give up; trigger under the irq lock, landing confirmed before unlock
 *       4: as 2 but landing not confirmed         3: give up + queue in the target's inbox, kick its system slot
 *       6: as 3, but the exit step replaces RUN|PEND by Q in one go; HINT 1: inbox CPU owns no slot of the irq
 *  EXIT 0: test-PEND-and-clear-RUN is one atomic step   1: two steps (wrong)
 *  FREE 0: none  1: DEAD bit, wait RUN=0, object recycled after all slots drained and not queued
 *       2: object recycled as soon as RUN=0 (wrong)     3: no DEAD bit: unpublish, wait RUN=0 (wrong)
 *       4: as 1 but recycled without waiting for Q=0 (wrong with HO=3)
 *  QCLR 0: Q is cleared in the claiming step   1: cleared when popped, claimed later (wrong)
 *  DISM 1: a user disables and enables once
 *  MOVES number of moves 0..2      EP 3 ticket
 */
#ifndef HO
#define HO 3
#endif
#ifndef EXIT
#define EXIT 0
#endif
#ifndef FREE
#define FREE 0
#endif
#ifndef HINT
#define HINT 0
#endif
#ifndef INITQ
#define INITQ 0
#endif
#ifndef QCLR
#define QCLR 0
#endif
#ifndef DISM
#define DISM 0
#endif
#ifndef MOVES
#define MOVES 2
#endif
#ifndef EV0
#define EV0 3
#endif
#ifndef EV1
#define EV1 1
#endif
#ifndef MAXT
#define MAXT 2
#endif
#ifndef MAXREP
#define MAXREP 0
#endif
#define NONE 3
#define RUN 1
#define PEND 2
#define DIS 4
#define DEAD 8
#define Q 16
typedef cpu_t { byte tab[2]; byte eip[2]; byte ibx; bool sys; byte req; byte done; byte t }
cpu_t C[2];
byte st[2], running[2], gen[2], tgt[2], tgs[2];
bool need[2], freed, wrong, on0 = 1, on1, lock, mdone, udone, fdone;
byte sent0, sent1, qg;
typedef sl_t { bool ret; byte stamp }
typedef sls_t { sl_t s[2] }
sls_t R[2];
chan sw = [2] of { byte, byte, byte };   /* software triggers in flight */

inline LOCK() { atomic { !lock -> lock = 1 } }
inline UNLOCK() { lock = 0 }

proctype dev0() {
end: do
  :: atomic { on0 && sent0 < EV0 -> C[tgt[0]].eip[tgs[0]] = C[tgt[0]].eip[tgs[0]] | 1; need[0] = 1; sent0++ }
  od }
proctype dev1() {
end: do
  :: atomic { on1 && sent1 < EV1 -> C[tgt[1]].eip[tgs[1]] = C[tgt[1]].eip[tgs[1]] | 2; need[1] = 1; sent1++ }
  od }
proctype swfab() { byte c, s, o;
end: do :: atomic { sw?c,s,o -> C[c].eip[s] = C[c].eip[s] | o } od }

inline trigger(i) {        /* the software trigger */
#if HO == 6
  if :: true -> tc = tgt[i];            /* Q already set by the exit step; only a hint: any CPU will do */
#if HINT
        tc = 1;
#endif
        atomic { assert(g == gen[i]); C[tc].ibx = C[tc].ibx | (1 << i) };
        C[tc].sys = 1 fi
#elif HO == 3
  atomic { assert(g == gen[i]); if :: (st[i] & (Q|DEAD)) -> tc = 9 :: else -> st[i] = st[i] | Q; tc = 0;
           if :: i == 0 -> qg = gen[0] :: else fi fi };
  if :: tc != 9 -> tc = tgt[i];            /* only a hint: any CPU will do */
#if HINT
        tc = 1;
#endif
        C[tc].ibx = C[tc].ibx | (1 << i);
        C[tc].sys = 1
     :: else fi
#elif HO == 2 || HO == 4
  LOCK();
  if :: !(st[i] & DEAD) -> tc = tgt[i]; ts = tgs[i]; sw!tc,ts,(1 << i);
#if HO == 2
        len(sw) == 0;
#endif
     :: else fi;
  UNLOCK()
#elif HO == 5
  tc = tgt[i]; ts = tgs[i]; sw!tc,ts,(1 << i)          /* and the pair is read in two steps */
#else
  d_step { tc = tgt[i]; ts = tgs[i] }; sw!tc,ts,(1 << i)
#endif
}
inline arrive(i, g, qm) {
  atomic {
    if :: g != gen[i] -> uaf = 1 :: else fi;
    assert(!uaf);
    st[i] = st[i] & ~qm;                 /* from the inbox: Q goes in the claiming step */
    if :: st[i] & DEAD -> go = 0
       :: !(st[i] & DEAD) && (st[i] & (DIS|RUN)) -> st[i] = st[i] | PEND; go = 0
       :: else -> st[i] = st[i] | RUN; go = 1; rep = 0 fi };
  do
  :: go == 1 ->
     atomic { running[i]++; assert(running[i] == 1); if :: i == 0 -> assert(!freed) :: else fi; need[i] = 0 };
     running[i]--;
#if HO == 0
     if :: (st[i] & PEND) && !(st[i] & (DIS|DEAD)) && rep >= MAXREP -> trigger(i); st[i] = st[i] & ~(RUN|PEND); go = 0
        :: else ->
#endif
#if EXIT == 0
     atomic {
       if :: st[i] & DEAD -> st[i] = st[i] & ~(RUN|PEND); go = 0
          :: !(st[i] & DEAD) && (st[i] & PEND) && !(st[i] & DIS) ->
             if :: rep < MAXREP || HO == 0 -> st[i] = st[i] & ~PEND; rep++
                :: else ->
#if HO == 6
                   if :: st[i] & Q -> st[i] = st[i] & ~(RUN|PEND); go = 0
                      :: else -> st[i] = (st[i] & ~(RUN|PEND)) | Q; go = 2; if :: i == 0 -> qg = gen[0] :: else fi fi
#else
                   st[i] = st[i] & ~(RUN|PEND); go = 2
#endif
             fi
          :: else -> st[i] = st[i] & ~RUN; go = 0 fi }
#else
     if :: (st[i] & PEND) && !(st[i] & (DIS|DEAD)) ->
           if :: rep < MAXREP -> atomic { st[i] = st[i] & ~PEND; rep++ }
              :: else -> atomic { st[i] = st[i] & ~(RUN|PEND); go = 2 } fi
        :: else -> atomic { st[i] = st[i] & ~RUN; go = 0 } fi
#endif
#if HO == 0
     fi
#endif
  :: go == 2 -> trigger(i); go = 0
  :: go == 0 -> break
  od
}
proctype cpu(byte id) {
  byte s, o, own, r, g, rep, tc, ts, go; bool uaf;
end: do
  :: atomic { C[id].eip[0] || C[id].eip[1] || C[id].sys || C[id].t < MAXT ->
       if :: !(C[id].eip[0] || C[id].eip[1] || C[id].sys) -> C[id].t++ :: else fi };
     do
     :: r = C[id].req;
        d_step { if :: C[id].sys -> C[id].sys = 0; s = 7
             :: else -> if :: C[id].eip[0] -> s = 0; o = C[id].eip[0]; C[id].eip[0] = 0
             :: else -> if :: C[id].eip[1] -> s = 1; o = C[id].eip[1]; C[id].eip[1] = 0
             :: else -> s = 8 fi fi fi };
        if :: s == 8 -> break
           :: s == 7 ->
              do :: atomic { C[id].ibx & 1 -> C[id].ibx = C[id].ibx & ~1; g = qg;
#if QCLR == 1
                   st[0] = st[0] & ~Q
#endif
                 }; arrive(0, g, Q)
                 :: atomic { !(C[id].ibx & 1) && (C[id].ibx & 2) -> C[id].ibx = C[id].ibx & ~2 }; arrive(1, gen[1], Q)
                 :: !C[id].ibx -> break od
           :: else ->
              atomic { own = C[id].tab[s]; if :: own != NONE -> g = gen[own] :: else fi;
                if :: (o & 1) && own != 0 && !(FREE && own == NONE) -> wrong = 1 :: (o & 2) && own != 1 -> wrong = 1 :: else fi;
                assert(!wrong) };
              if :: own == 0 -> arrive(0, g, 0) :: own == 1 -> arrive(1, g, 0) :: else fi
        fi
     od;
     C[id].done = r
  od }
inline retire(cc,ss) { d_step { C[cc].req++; R[cc].s[ss].stamp = C[cc].req }; R[cc].s[ss].ret = 1 }
inline move(oc,os,nc,ns) {
  LOCK();
  if :: !freed && !(st[0] & DEAD) ->
     C[nc].tab[ns] = 0;
     atomic { tgt[0] = nc; tgs[0] = ns };
     retire(oc,os)
  :: else fi;
  UNLOCK() }
proctype mover() {
#if MOVES >= 1
  move(0,0,1,0);
#endif
#if MOVES >= 2
  move(1,0,0,1);
#endif
  mdone = 1 }
#if FREE == 0
proctype reuser() {
end: if :: atomic { R[0].s[0].ret && C[0].done >= R[0].s[0].stamp -> R[0].s[0].ret = 0; tgt[1] = 0; tgs[1] = 0 }
     :: atomic { R[1].s[0].ret && C[1].done >= R[1].s[0].stamp -> R[1].s[0].ret = 0; tgt[1] = 1; tgs[1] = 0 } fi;
  C[tgt[1]].tab[0] = 1; on1 = 1 }
#endif
#if DISM
proctype user() { byte tc, ts, g; bool p;
  atomic { st[0] = st[0] | DIS };
#if FREE && (HO == 3 || HO == 6)
  LOCK();                              /* API calls and free exclude each other; a dead irq is refused */
#endif
#if HO == 6
  /* R12 in one step: what is pending without a runner becomes a queue entry */
  atomic { st[0] = st[0] & ~DIS;
    if :: (st[0] & PEND) && !(st[0] & (RUN|DEAD)) -> st[0] = st[0] & ~PEND;
          if :: st[0] & Q -> skip :: else -> st[0] = st[0] | Q; qg = gen[0]; p = 1 fi
       :: else fi };
  if :: p -> g = gen[0]; trigger(0)
#else
  atomic { st[0] = st[0] & ~DIS; if :: (st[0] & PEND) && !(st[0] & RUN) -> p = 1; st[0] = st[0] & ~PEND :: else fi };
#if FREE && HO == 3
  if :: st[0] & DEAD -> p = 0 :: else fi;
#endif
  if :: p -> g = gen[0]; trigger(0)
#endif
     :: else fi;
#if FREE && (HO == 3 || HO == 6)
  UNLOCK();
#endif
  udone = 1 }
#endif
#if FREE
proctype freer() {
  LOCK();
  atomic { on0 = 0; need[0] = 0 };       /* store stopped and flushed */
#if FREE == 3
  C[0].tab[0] = NONE; C[0].tab[1] = NONE; C[1].tab[0] = NONE;
#else
  atomic { st[0] = st[0] | DEAD };
#endif
  UNLOCK();
  !(st[0] & RUN);
  freed = 1;                              /* free() returns here; the rest is deferred */
  retire(tgt[0],tgs[0]);
#if FREE == 1 || FREE == 4
  C[0].sys = 1; C[1].sys = 1;             /* early drain by cross-call */
  (!R[0].s[0].ret || C[0].done >= R[0].s[0].stamp) && (!R[0].s[1].ret || C[0].done >= R[0].s[1].stamp) && (!R[1].s[0].ret || C[1].done >= R[1].s[0].stamp);
#if FREE == 1
  !(st[0] & Q);
#endif
#endif
  atomic { gen[0]++; st[0] = DEAD; fdone = 1; C[0].tab[0] = NONE; C[0].tab[1] = NONE; C[1].tab[0] = NONE }
}
#endif
active proctype checker() { timeout; assert(!need[0] && !need[1]); assert(mdone);
#if FREE == 1
  assert(fdone);
#endif
#if DISM
  assert(udone);
#endif
#if FREE == 0
  assert(!(st[0] & (RUN|PEND|Q)));
#endif
}
init { atomic {
#if INITQ
  C[1].ibx = 1; C[1].sys = 1; st[0] = Q;      /* a software trigger is already queued on a CPU without a slot */
#endif
  C[0].tab[0] = 0; C[0].tab[1] = NONE; C[1].tab[0] = NONE; C[1].tab[1] = NONE;
  run dev0(); run swfab(); run cpu(0); run cpu(1); run mover();
#if FREE == 0
  run dev1(); run reuser();
#else
  run freer();
#endif
#if DISM
  run user();
#endif
 } }
