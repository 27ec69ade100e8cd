import { grader } from '../../exercises/02-keys-from-a-key/grader.ts'
import { tryExercise } from '../helpers/exercise.ts'

tryExercise('02-keys-from-a-key', grader)
