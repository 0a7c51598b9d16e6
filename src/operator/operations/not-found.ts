import { ServiceError } from '../../core/errors.ts';

const notFound = (message: string): ServiceError => new ServiceError('NotFoundException', message);

export const noSuchAccount = (id: string): ServiceError =>
  notFound(`There is no account ${id}. To see all: lockholm account list`);

export const noSuchAccessKey = (id: string): ServiceError =>
  notFound(`There is no access key ${id}. To see all: lockholm access-key list`);
