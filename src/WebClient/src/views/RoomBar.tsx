import { Icon } from '../parts/Icon.tsx';
import { titleOf } from '../state/conversations.ts';
import { useModel } from '../state/hooks.ts';
import { DeviceChoice } from './CallBar.tsx';

/** The voice room that this page is in, whatever conversation is open. */
export function RoomBar() {
  const model = useModel();
  const { rooms } = model;
  const { talk } = rooms;
  if (!talk) {
    return null;
  }
  const fold = model.client.find(talk.conversationId);
  const title = fold ? titleOf(model, fold) : 'the group';
  if (talk.phase === 'over') {
    return (
      <section class="call over" aria-label={`Voice room of ${title}`}>
        <p role="status">{talk.note}</p>
        <button type="button" onClick={() => rooms.close()}>Close</button>
      </section>
    );
  }
  const others = (rooms.of(talk.conversationId)?.participants.length ?? 1) - 1;
  const mode = rooms.of(talk.conversationId)?.mode;
  const wanted = mode === 'mixed' ? 1 : others;
  const state = talk.phase === 'asking' ? 'Waiting for the microphone…' : rooms.linked < wanted ? 'Connecting…' : others === 0 ? 'Nobody else is here yet' : `${others + 1} are here`;
  return (
    <section class="call" aria-label={`Voice room of ${title}`} data-phase={talk.phase} data-mode={mode} data-linked={rooms.linked} data-others={others}>
      <p class="who" dir="auto"><a href={`#/c/${talk.conversationId}`}>{title}</a></p>
      <p class="quiet" role="status">{state}</p>
      {talk.isDirect && others > 0 && <p class="quiet" title="The server has no relay, so the devices are connected directly.">Direct: you see each other’s network address</p>}
      <span class="controls">
        <button type="button" aria-pressed={talk.isMuted} onClick={() => rooms.mute(!talk.isMuted)}><Icon name="mic" /> {talk.isMuted ? 'Unmute' : 'Mute'}</button>
        <button type="button" aria-pressed={talk.isDeafened} onClick={() => rooms.deafen(!talk.isDeafened)}><Icon name="ear" /> {talk.isDeafened ? 'Hear' : 'Deafen'}</button>
        {talk.devices.inputs.length > 1 && <DeviceChoice label="Microphone" devices={talk.devices.inputs} value={talk.inputId} onChoose={id => rooms.useInput(id)} />}
        {talk.devices.outputs.length > 1 && <DeviceChoice label="Loudspeaker" devices={talk.devices.outputs} value={talk.outputId} onChoose={id => rooms.useOutput(id)} />}
        <button type="button" class="danger" onClick={() => rooms.leave()}><Icon name="hangUp" /> Leave</button>
      </span>
    </section>
  );
}
