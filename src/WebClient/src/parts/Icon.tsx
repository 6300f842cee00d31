const paths = {
  close: 'M6 6l12 12M18 6L6 18',
  back: 'M15 5l-7 7 7 7',
  plus: 'M12 5v14M5 12h14',
  send: 'M4 12l16-8-6 16-3-7z',
  reply: 'M9 7L4 12l5 5M4 12h9c4 0 7 2 7 6',
  edit: 'M4 20l1-5L16 4l4 4L9 19z',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  smile: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M9 10v.01M15 10v.01M8.5 14.5a4.5 4.5 0 0 0 7 0',
  people: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.5c2.5.8 3.5 2.8 3.5 5.5',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  checks: 'M2.5 12.5l4.5 4.5L16 7.5M11 15.5l1.5 1.5L22 7.5',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 7v5l3 2',
  phone: 'M5 4h4l2 5-2.5 1.5a11 11 0 0 0 5 5L15 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 6a2 2 0 0 1 2-2',
  hangUp: 'M3 15c5-6 13-6 18 0l-3 3-4-2v-3.2a12 12 0 0 0-4 0V16l-4 2z',
  mic: 'M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3M6 11.5a6 6 0 0 0 12 0M12 17.5V21',
  ear: 'M5 15v-2a7 7 0 0 1 14 0v2M5 14h2v6H6a2 2 0 0 1-2-2zM19 14h-2v6h1a2 2 0 0 0 2-2z',
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15zM10 21h4',
  bellOff: 'M6 16.5V11a6 6 0 0 1 9-5.2M18 11v5.5l1.5 2h-15zM10 21h4M4 4l16 16',
  down: 'M12 5v14M6 13l6 6 6-6',
};

export function Icon({ name }: { name: keyof typeof paths }) {
  return (
    <svg class="svg" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">
      <path d={paths[name]} />
    </svg>
  );
}
