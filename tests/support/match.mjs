// States of a football match, as a page would show it live: a JSON object of about 6 KB, of which little changes from one
// second to the next. The same seed gives the same match.
export function* match(seed = 1) {
  let random = seed;
  const pick = (n) => {
    random = (Math.imul(random, 1103515245) + 12345) & 0x7fffffff;
    return (random >> 8) % n;
  };
  const names = ['Álvarez', 'Müller', 'Õunapuu', 'Smith', '王偉', 'Nkunku', 'Šeško', 'Rossi', 'Dupont', 'Øst', 'Kim'];
  const team = (name) => ({
    name, score: 0, possession: 50, shots: 0,
    players: names.map((player, i) => ({
      id: `${name.toLowerCase()}-${i + 1}`, name: player, number: i + 1, position: ['keeper', 'back', 'middle', 'front'][(i + 2) >> 2],
      x: 50, y: 10 * i, passes: 0, distance: 0, heartRate: 90, cards: [],
    })),
  });
  const state = {
    id: 4711, competition: 'Cup', venue: 'Stadion am Fluß 🏟', clock: 0, period: 1, referee: 'J. Doe',
    teams: [team('Home'), team('Guests')], events: [],
  };
  for (;;) {
    state.clock += 1;
    for (const side of state.teams) {
      side.possession = 40 + pick(20);
      for (let i = 0; i < 3; i++) {
        const player = side.players[pick(11)];
        player.x = pick(100);
        player.y = pick(70);
        player.distance += pick(12);
        if (pick(3) === 0) player.passes += 1;
        if (pick(4) === 0) player.heartRate = 90 + pick(90);
      }
      if (pick(20) === 0) side.shots += 1;
      if (pick(150) === 0) side.score += 1, state.events.push({ at: state.clock, what: 'goal', team: side.name });
      if (pick(100) === 0) side.players[pick(11)].cards.push({ at: state.clock, color: 'yellow' });
    }
    yield structuredClone(state);
  }
}
