import { grader } from '../../exercises/08-the-handshake/grader.ts'
import { tryExercise } from '../helpers/exercise.ts'

tryExercise('08-the-handshake', grader)
