import { createContext } from 'preact';
import { useContext, useEffect, useReducer, useState } from 'preact/hooks';
import type { ChatModel } from './chatModel.ts';

const Model = createContext<ChatModel | undefined>(undefined);
export const ModelProvider = Model.Provider;

/** The signed-in user's chat; the view is drawn again whenever something in it changes. */
export function useModel(): ChatModel {
  const model = useContext(Model)!;
  const [, draw] = useReducer<number, void>(count => count + 1, 0);
  useEffect(() => model.changes.on(() => draw()), [model]);
  return model;
}

/** The model for a view that is drawn by its parent. */
export function useModelQuietly(): ChatModel {
  return useContext(Model)!;
}

function routed(): string | undefined {
  return /^#\/c\/([0-9a-f-]{36})$/.exec(location.hash)?.[1];
}

/** The conversation that the address names. */
export function useRoute(): string | undefined {
  const [id, setId] = useState(routed);
  useEffect(() => {
    const listener = () => setId(routed());
    addEventListener('hashchange', listener);
    return () => removeEventListener('hashchange', listener);
  }, []);
  return id;
}

export function open(conversationId: string | undefined): void {
  location.hash = conversationId ? `#/c/${conversationId}` : '#/';
}
