import type { InputHTMLAttributes } from 'preact';
import { useId } from 'preact/hooks';

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, 'label'> { label: string; hint?: string; isWrong?: boolean }

export function Field({ label, hint, isWrong, ...input }: Props) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} {...input} aria-invalid={isWrong} aria-describedby={hint ? `${id}-hint` : undefined} autocapitalize="none" spellcheck={false} />
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}
