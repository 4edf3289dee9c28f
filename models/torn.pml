/* SPDX-License-Identifier: MIT */
/* torn messages of an unmaskable two- (or three-) register store.
 *  LATCH 0: device samples both at once  1: address first  2: data first
 *  FLUSH 1: a half-composed message may be emitted after the readback (S0)   2: it may not (S1)
 *  PROTO 0 addr,data           own nothing            (naive)
 *        1 data,addr           own (A,b)              (the usual one)
 *        2 data,addr           own (A,b) and (B,a)
 *        3 data,FLUSH,addr     own (A,b)
 *        4 addr only (b == a)  own (B,a)
 *        5 data,addr,FLUSH,replay     own nothing
 *        6 addr,FLUSH,data     own (B,a)
 *        7 data,addr,FLUSH     own nothing, no replay
 *        8 data,FLUSH,addr with (B,a) foreign: as 3 but a landing on (B,a) is an error, too
 *  WORDS 3: address has a high and a low word; A=(0,0) B=(1,1); XO 1: (0,1) is owned as well
 */
#ifndef FLUSH
#define FLUSH 2
#endif
#ifndef WORDS
#define WORDS 2
#endif
#ifndef XO
#define XO 0
#endif
#define NEV 3
byte hi, lo, data, sent; bool mid, need, foreign;
bool own[8];    /* index hi*4 + lo*2 + data */
bool mdone;
inline emit() { atomic { if :: own[h*4+l*2+v] -> skip :: else -> need = 1; foreign = 1 fi; mid = 0; sent++ } }
proctype dev() { byte h, l, v;
end: do :: sent < NEV ->
#if LATCH == 0
     atomic { h = hi; l = lo; v = data; mid = 1 };
#elif LATCH == 1
     atomic { h = hi; mid = 1 }; l = lo; v = data;
#else
     atomic { v = data; mid = 1 }; l = lo; h = hi;
#endif
     emit() od }
inline flush() { if :: FLUSH == 2 -> !mid :: FLUSH != 2 -> skip fi }
#if WORDS == 2
#define ADDR hi = 1
#else
#define ADDR lo = 1; flush(); hi = 1
#endif
proctype mover() {
#if PROTO == 0
  ADDR; data = 1; flush()
#elif PROTO == 1 || PROTO == 2 || PROTO == 7
  data = 1; ADDR; flush()
#elif PROTO == 3 || PROTO == 8
  data = 1; flush(); ADDR; flush()
#elif PROTO == 4
  ADDR; flush()
#elif PROTO == 5
  data = 1; ADDR; flush(); need = 0       /* replay: the handler is made to run once more */
#elif PROTO == 6
  ADDR; flush(); data = 1; flush()
#endif
  ; mdone = 1 }
active proctype checker() { timeout; assert(mdone && !need) 
#if PROTO == 8
; assert(!foreign)
#endif
}
#if WORDS == 2
#define PA 0
#define PB 4
#else
#define PA 0
#define PB 6
#endif
init { atomic { own[PA+0] = 1; own[PB+1] = 1;
#if PROTO == 1 || PROTO == 2 || PROTO == 3 || PROTO == 8
  own[PA+1] = 1;
#endif
#if PROTO == 2 || PROTO == 4 || PROTO == 6
  own[PB+0] = 1;
#endif
#if XO == 1
  own[2] = 1; own[3] = 1;
#endif
  run dev(); run mover() } }
