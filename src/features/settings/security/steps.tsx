import { Html } from '@/ui/html'

/** The place of a page in the set-up. */
export const StepOf = ({ step, steps }: { step: number; steps: number }) => (
  <small class="muted" safe>{`Step ${step} of ${steps}`}</small>
)
