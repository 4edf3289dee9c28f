/* SPDX-License-Identifier: MIT */
/* move / retire / reuse on a per-CPU vector controller.
 * irq 0 (device 0) moves; irq 1 (device 1) waits to take over the retired slot.
 * Knobs (-D):
 *  FLUSH 0: readback proves only that the write landed in the device
 *        1: + messages already emitted are pushed to the target first
 *        2: + the device is not half-way through composing a message (S1)
 *  STORE 0: one-word (atomic) change, unmasked   1: masked change
 *  EP    0: no drain wait (reuse at once)   1: epoch != e0   2: epoch >= e0+2
 *        3: ticket (req read before the empty check, done published after it)
 *        4: ticket, but req read after the empty check (wrong)
 *  SAMPLE 0: stamp after flush   1: stamp before flush (wrong)
 *  PUB   0: publish then message   1: message then publish (wrong)
 *  M2    0: one move  1: second move B->A fresh slot  2: B->A revive  3: B->C
 *        4: A->B->A->B with revival   5: as 4, re-retired without a new stamp (wrong)
 *  NEST  0: drain point only at outermost trap end  1: also at inner trap end  2: inner traps exist, drain point only at the outermost
 *  LAG   1: a message performed in memory order is reflected in eip later (AIA 3.5), FIFO per file
 *  EP    5: ticket + marker: the drain counts only once a marker that A wrote to its own file
 *           after reading req has been claimed, and the file is empty after that
 *       6: as 5, but the marker is stored before req is read (wrong)
 *  PRELD 1: the vector table is read before the claim (missing fence after the claim)
 *  X86   1: one vector per trap, drain point does not look at the IRR   2: it does, for the retiring slots
 *        3: as 2, but ticket and 'retiring' mark are two steps (wrong)
 *  XCALL 0: ticks happen by themselves   1: A idle for ever, reuser kicks
 */
#ifndef FLUSH
#define FLUSH 2
#endif
#ifndef STORE
#define STORE 0
#endif
#ifndef EP
#define EP 3
#endif
#ifndef SAMPLE
#define SAMPLE 0
#endif
#ifndef PUB
#define PUB 0
#endif
#ifndef M2
#define M2 0
#endif
#ifndef NEST
#define NEST 0
#endif
#ifndef PRELD
#define PRELD 0
#endif
#ifndef X86
#define X86 0
#endif
#ifndef LAG
#define LAG 0
#endif
#ifndef XCALL
#define XCALL 0
#endif
#ifndef EV0
#define EV0 3
#endif
#ifndef EV1
#define EV1 1
#endif
#ifndef NC
#define NC 2
#endif
#define NS 2
#define NONE 3
#define MARK 9
#ifndef MAXT
#define MAXT 3
#endif

typedef cpu_t { byte tab[NS]; byte eip[NS]; byte ep; byte req; byte done; byte mreq; bool mout; bool mpend; bool mgot; bool kick; byte t }
cpu_t C[NC];
typedef dev_t { byte c; byte s; bool on; bool masked; bool mid; byte sent }
dev_t D[2];
typedef slot_t { bool ret; byte stamp }
typedef slots_t { slot_t s[NS] }
slots_t R[NC];
chan fab0 = [3] of { byte, byte };
chan fab1 = [2] of { byte, byte };
chan wq = [4] of { byte, byte, byte };    /* posted writes to device 0: op,c,s */
chan rq = [1] of { byte };
bool rb;
#if LAG
chan file0 = [4] of { byte, byte };
chan file1 = [4] of { byte, byte };
#endif
bool need[2], rn[2], pend[2];
bool mdone, wrong, reused, rest = 1;

#define W_MASK 1
#define W_MSG 2
#define W_UNMASK 3

proctype dev0() {
  byte c, s;
end: do
  :: atomic { D[0].sent < EV0 && !D[0].masked -> D[0].mid = 1; c = D[0].c; s = D[0].s };
     atomic { fab0!c,s; need[0] = 1; D[0].sent++; D[0].mid = 0 }
  od
}
proctype dev0ctl() {            /* accepts posted writes, answers reads behind them */
  byte op, c, s;
end: do
  :: atomic { wq?op,c,s ->
       if :: op == W_MASK -> D[0].masked = 1
          :: op == W_MSG -> D[0].c = c; D[0].s = s
          :: op == W_UNMASK -> D[0].masked = 0 fi }
  :: atomic { (len(wq) == 0 && len(rq) > 0 && (FLUSH < 2 || !D[0].mid)) -> rq?op;
#if FLUSH >= 1
       fab0!MARK,0 }
#else
       rb = 1 }
#endif
  od
}
proctype fabric() {
  byte c, s;
end: do
#if LAG
  :: atomic { fab0?c,s -> if :: c == MARK -> rb = 1 :: c == 0 -> file0!s,1 :: c == 1 -> file1!s,1 fi }
  :: atomic { fab1?c,s -> if :: c == 0 -> file0!s,2 :: c == 1 -> file1!s,2 fi }
  :: atomic { file0?s,c -> if :: s == MARK -> C[0].mpend = 1 :: else -> C[0].eip[s] = C[0].eip[s] | c fi }
  :: atomic { file1?s,c -> if :: s == MARK -> C[1].mpend = 1 :: else -> C[1].eip[s] = C[1].eip[s] | c fi }
#else
  :: atomic { fab0?c,s -> if :: c == MARK -> rb = 1 :: else -> C[c].eip[s] = C[c].eip[s] | 1 fi }
  :: atomic { fab1?c,s -> C[c].eip[s] = C[c].eip[s] | 2 }
#endif
  od
}
proctype dev1() {
  byte c, s;
end: do
  :: atomic { D[1].on && D[1].sent < EV1 -> fab1!D[1].c,D[1].s; need[1] = 1; D[1].sent++ }
  od
}
inline arrive(own) {
  if
  :: own == NONE
  :: else ->
     atomic { if :: rn[own] -> pend[own] = 1; goto1 = 0 :: else -> rn[own] = 1; goto1 = 1 fi };
     do
     :: goto1 -> need[own] = 0;   /* handler starts */
        atomic { if :: pend[own] -> pend[own] = 0 :: else -> rn[own] = 0; goto1 = 0 fi }
     :: else -> break
     od
  fi
}
inline claim() {      /* claims lowest pending slot, hasone says whether there was one */
  d_step { hasone = 1;
    if :: C[id].mpend -> C[id].mpend = 0; C[id].mgot = 1; s = 7; o = 0
       :: else -> if :: C[id].eip[0] -> s = 0; o = C[id].eip[0]; C[id].eip[0] = 0
       :: else -> if :: C[id].eip[1] -> s = 1; o = C[id].eip[1]; C[id].eip[1] = 0
                     :: else -> hasone = 0 fi fi fi }
}
inline lookup() {
  if :: s == 7 -> own = NONE :: else ->
#if PRELD
    if :: s == 0 -> own = pre0 :: else -> own = pre1 fi
#else
    own = C[id].tab[s]
#endif
  fi;
  d_step { if :: (o & 1) && own != 0 -> wrong = 1 :: (o & 2) && own != 1 -> wrong = 1 :: else fi }
}
inline drainpoint() {
#if EP == 0
  skip
#elif EP == 1 || EP == 2
  if :: C[id].ep < 200 -> C[id].ep++ fi
#elif EP == 3 && X86 >= 2
  if :: (R[id].s[0].ret && C[id].eip[0]) || (R[id].s[1].ret && C[id].eip[1]) -> skip :: else -> C[id].done = r fi
#elif EP == 3
  C[id].done = r
#elif EP == 5 || EP == 6
  if :: C[id].mgot -> C[id].mgot = 0; C[id].mout = 0; C[id].done = C[id].mreq :: else fi;
  if :: !C[id].mout && (C[id].req != C[id].done || (EP == 6 && C[id].t < MAXT)) -> C[id].mout = 1;
#if EP == 5
        C[id].mreq = C[id].req;
#endif
#if LAG
        if :: id == 0 -> file0!MARK,0 :: else -> file1!MARK,0 fi
#else
        C[id].mpend = 1
#endif
#if EP == 6
        ; C[id].mreq = C[id].req
#endif
     :: else fi
#elif EP == 4
  r = C[id].req; C[id].done = r
#endif
}
proctype cpu(byte id) {
  byte s, o, own, r; bool hasone, goto1, tick;
#if PRELD
  byte pre0, pre1;
#endif
#if NEST
  byte s2, o2, r2;
#endif
end: do
  :: atomic { (C[id].eip[0] || C[id].eip[1] || C[id].mpend || C[id].kick || (!XCALL && C[id].t < MAXT)) ->
       tick = 0;
       if :: X86 && C[id].t < MAXT -> C[id].t++; tick = 1    /* the tick's own vector wins */
          :: !(C[id].eip[0] || C[id].eip[1] || C[id].mpend || C[id].kick) -> C[id].t++
          :: (C[id].eip[0] || C[id].eip[1] || C[id].mpend || C[id].kick) -> skip fi; C[id].kick = 0 };
     do
     :: r = C[id].req;
        if :: tick -> break :: else fi;
#if PRELD
        d_step { pre0 = C[id].tab[0]; pre1 = C[id].tab[1] };
#endif
        claim();
        if :: !hasone -> break
           :: else ->
#if NEST
              /* a nested trap before the table load: drains the rest and advances */
              s2 = s; o2 = o; r2 = r;
              if :: true -> r = C[id].req; claim();
                    if :: hasone -> lookup(); arrive(own) :: else ->
#if NEST == 1
                          drainpoint()
#else
                          skip
#endif
                    fi
                 :: true fi;
              s = s2; o = o2; r = r2;
#endif
              lookup(); arrive(own);
#if X86
              break
#endif
        fi
     od;
     drainpoint()
  od
}
inline dostamp(cc,ss) {
#if EP == 1 || EP == 2
  R[cc].s[ss].stamp = C[cc].ep;
#else
  d_step { C[cc].req++; R[cc].s[ss].stamp = C[cc].req;
#if X86 == 2
    R[cc].s[ss].ret = 1
#endif
  };
#endif
}
inline move(oc,os,nc,ns) {
#if PUB == 0
  C[nc].tab[ns] = 0;
#endif
#if SAMPLE == 1
  dostamp(oc,os);
#endif
#if STORE == 1
  wq!W_MASK,0,0;
#endif
  wq!W_MSG,nc,ns;
#if STORE == 1
  wq!W_UNMASK,0,0;
#endif
  rb = 0; rq!0; rb;
#if PUB == 1
  C[nc].tab[ns] = 0;
#endif
#if SAMPLE == 0
  if :: rest -> dostamp(oc,os) :: else -> skip fi;
#endif
#if X86 != 2
  R[oc].s[os].ret = 1
#endif
}
proctype mover() {
  move(0,0,1,0);
#if M2 == 1
  move(1,0,0,1);
#elif M2 == 2
  /* revive (0,0) if still ours, else a fresh slot (0,1) */
  if :: atomic { R[0].s[0].ret -> R[0].s[0].ret = 0 }; move(1,0,0,0)
     :: atomic { !R[0].s[0].ret -> skip }; move(1,0,0,1)
  fi;
#elif M2 == 4 || M2 == 5
  /* ping-pong: A0 -> B0 -> A0 (revived) -> B0 (revived) or fresh */
  if :: atomic { R[0].s[0].ret -> R[0].s[0].ret = 0 }; move(1,0,0,0);
#if M2 == 5
        rest = 0;
#endif
        if :: atomic { R[1].s[0].ret -> R[1].s[0].ret = 0 }; move(0,0,1,0)
           :: atomic { !R[1].s[0].ret -> skip }; move(0,0,1,1) fi
     :: atomic { !R[0].s[0].ret -> skip }; move(1,0,0,1)
  fi;
#elif M2 == 3
  move(1,0,2,0);
#endif
  mdone = 1
}
#if EP == 0
#define CAN(x,y) true
#elif EP == 1
#define CAN(x,y) (C[x].ep != R[x].s[y].stamp)
#elif EP == 2
#define CAN(x,y) (C[x].ep >= R[x].s[y].stamp + 2)
#else
#define CAN(x,y) (C[x].done >= R[x].s[y].stamp)
#endif
proctype reuser() {
  byte vc, vs;
#if XCALL == 1
  /* short of slots: kick the CPU, once per drain wanted */
end0:  R[0].s[0].ret; C[0].kick = 1;
#endif
end: 
  if :: atomic { R[0].s[0].ret && CAN(0,0) -> R[0].s[0].ret = 0; vc = 0; vs = 0 }
#if M2
     :: atomic { R[1].s[0].ret && CAN(1,0) -> R[1].s[0].ret = 0; vc = 1; vs = 0 }
#endif
  fi;
  C[vc].tab[vs] = 1;
  D[1].c = vc; D[1].s = vs;
  atomic { D[1].on = 1; reused = 1 }
}
active proctype checker() {
  timeout;
  assert(!need[0]); assert(!need[1]); assert(mdone);
#if XCALL == 1
  assert(reused);
#endif
}
active proctype mon() { end: wrong -> assert(0) }
init {
  byte i;
  d_step { i = 0; do :: i < NC -> C[i].tab[0] = NONE; C[i].tab[1] = NONE; i++ :: else -> break od;
    C[0].tab[0] = 0; D[0].c = 0; D[0].s = 0; D[0].on = 1; i = 0 };
  atomic { run dev0(); run dev0ctl(); run dev1(); run fabric(); run cpu(0); run cpu(1);
#if NC > 2
    run cpu(2);
#endif
    run mover(); run reuser() }
}
